-- Asks an endpoint for its health: over HTTP/1.1, by the gRPC health protocol, or by opening a connection. Every step has what is left of the time.
local ask_grpc = require("sluice.ask_grpc")

local M = {}

local most = 16384 -- bytes of an answer that are looked into

-- A socket whose time as a whole is bounded.
local function connect(check, endpoint)
  local socket, deadline = ngx.socket.tcp(), ngx.now() + check.timeout / 1000
  local function within(step, ...)
    ngx.update_time()
    socket:settimeout(math.max(1, (deadline - ngx.now()) * 1000))
    return socket[step](socket, ...)
  end
  if not within("connect", endpoint.address, endpoint.port) then return nil end
  if check.tls and not within("sslhandshake", nil, check.tls, false) then return nil end
  return within
end

-- Reads until the text is found, the answer has ended, or enough was read.
local function holds(within, text)
  local seen = ""
  while #seen < most do
    local piece, _, rest = within("receiveany", most)
    seen = seen .. (piece or rest or "")
    if string.find(seen, text, 1, true) then return true end
    if not piece then return false end
  end
  return false
end

-- The body of an answer in chunks, or as it comes: the connection ends with it.
local function body_holds(within, chunked, text)
  if not chunked then return holds(within, text) end
  local seen = ""
  while #seen < most do
    local size = tonumber(string.match(within("receive", "*l") or "", "^%x+"), 16)
    if not size or size == 0 then break end
    local piece = within("receive", math.min(size, most))
    if not piece then break end
    seen = seen .. piece
    if size > most then break end
    within("receive", 2)
  end
  return string.find(seen, text, 1, true) ~= nil
end

local ask = { grpc = ask_grpc.ask }

function ask.http(question, within)
  if not within("send", question.send) then return false end
  local status = tonumber(string.match(within("receive", "*l") or "", "^HTTP/1%.[01] (%d%d%d)"))
  if not status or not question.expected[status] then return false end
  if not question.body then return true end
  local chunked = false
  for _ = 1, 200 do
    local line = within("receive", "*l")
    if not line then return false end
    if line == "" then return body_holds(within, chunked, question.body) end
    local lower = string.lower(line)
    if string.find(lower, "^transfer%-encoding:%s*chunked") then chunked = true end
  end
  return false
end

function ask.tcp(question, within)
  if question.send and not within("send", question.send) then return false end
  return not question.receive or holds(within, question.receive)
end

-- Whether the endpoint is well.
function M.about(check, endpoint)
  local within = connect(check, endpoint)
  if not within then return false end
  local well = ask[check.question.type](check.question, within)
  within("close")
  return well
end

return M
