-- A request as text, and sending it to a service without anyone who waits for the answer.
local host = require("sluice.host")
local pick = require("sluice.pick")
local request_id = require("sluice.request_id")
local service = require("sluice.service")
local find = string.find
local concat = table.concat

local M = {}

local largest_body = 131072 -- bytes: what nginx keeps in memory
local most = 128 -- copies under way per worker; more would be an attack on the memory
local connect, read = 1000, 15000 -- milliseconds
local longest_answer = 1048576 -- bytes that are read and thrown away

local under_way = 0

-- Headers that belong to the connection, or that the gateway writes itself.
local own = {}
for name in string.gmatch([[
  host connection keep-alive proxy-connection transfer-encoding content-length upgrade te trailer http2-settings expect
  x-forwarded-for x-forwarded-proto x-request-id
]], "%S+") do own[name] = true end

local no_body = { GET = true, HEAD = true, DELETE = true, OPTIONS = true, TRACE = true }

-- The body, "" when there is none, nil when it is too large or its length is not known.
local function body_of(request)
  local length = tonumber(request.headers["content-length"])
  if not length then return no_body[request.method] and not request.headers["transfer-encoding"] and "" or nil end
  if length == 0 then return "" end
  if length > largest_body then return nil end
  ngx.req.read_body()
  return ngx.req.get_body_data()
end

local function forwarded(before, peer)
  if not before then return peer end
  return (type(before) == "table" and concat(before, ", ") or before) .. ", " .. peer
end

-- The request as its service will see it, or nil when it cannot be copied. Names and values were checked on arrival: none holds a line break.
function M.of(ctx)
  local request, var = ctx.request, ngx.var
  if request.headers.upgrade or find(request.headers["content-type"] or "", "^application/grpc") then return nil end
  local body = body_of(request)
  if not body then return nil end
  local path = request.query and ctx.path .. "?" .. request.query or ctx.path
  local lines = { request.method .. " " .. path .. " HTTP/1.1", "Host: " .. (ctx.host or host.without_dot(request.authority)) }
  for name, value in pairs(ngx.req.get_headers(0)) do
    if not own[name] then
      if type(value) ~= "table" then value = { value } end
      for _, one in ipairs(value) do lines[#lines + 1] = name .. ": " .. tostring(one) end
    end
  end
  lines[#lines + 1] = "X-Forwarded-For: " .. forwarded(request.headers["x-forwarded-for"], var.remote_addr)
  lines[#lines + 1] = "X-Forwarded-Proto: " .. var.sl_proto
  lines[#lines + 1] = "X-Request-Id: " .. request_id.of()
  lines[#lines + 1] = "Connection: close"
  if body ~= "" or not no_body[request.method] then lines[#lines + 1] = "Content-Length: " .. #body end
  return concat(lines, "\r\n") .. "\r\n\r\n" .. body
end

local function exchange(text, peer)
  local socket = ngx.socket.tcp()
  socket:settimeouts(connect, read, read)
  if not socket:connect(peer.address, peer.port) then return end
  if socket:send(text) then
    local got = 0
    repeat
      local data, err, part = socket:receive(16384)
      got = got + #(data or part or "")
    until err or got > longest_answer
  end
  socket:close()
end

local function run(premature, text, to)
  local pool = not premature and service.pool(to) or {}
  if #pool > 0 then
    local peer = pick.choose(to.strategy, pool)
    peer.load.active = peer.load.active + 1
    pcall(exchange, text, peer)
    peer.load.active = peer.load.active - 1
  end
  under_way = under_way - 1
end

-- Sends the text from a timer; drops it when too many are under way.
function M.send(text, to)
  if under_way >= most then return end
  under_way = under_way + 1
  if not ngx.timer.at(0, run, text, to) then under_way = under_way - 1 end
end

return M
