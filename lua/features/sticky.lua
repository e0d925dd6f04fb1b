-- Keeps a client at one endpoint by a cookie. The cookie is Envoy's, byte for byte, so that clients stay where they are when the engine changes:
-- the base64 of a protobuf message with the address (field 1) and, when the cookie has an end, its time in seconds (field 2).
local client = require("sluice.client")
local reply = require("sluice.reply")
local service = require("sluice.service")
local byte, char, sub, floor = string.byte, string.char, string.sub, math.floor

local M = {}

local function varint(number)
  local out = ""
  while number >= 128 do
    out = out .. char(number % 128 + 128)
    number = floor(number / 128)
  end
  return out .. char(number)
end

-- Number that begins at `at`, and where the next field begins; nil when the text ends before.
local function read_varint(text, at)
  local number, factor = 0, 1
  for i = at, math.min(#text, at + 9) do
    local part = byte(text, i)
    number = number + part % 128 * factor
    if part < 128 then return number, i + 1 end
    factor = factor * 128
  end
  return nil
end

local function encode(address, expires)
  return ngx.encode_base64("\10" .. varint(#address) .. address .. (expires and "\16" .. varint(expires) or ""))
end

-- Address and end of a cookie, or nil when it is none of ours.
local function decode(value)
  local text = ngx.decode_base64(value)
  local address, expires, at = nil, nil, 1
  while text and at <= #text do
    local tag = byte(text, at)
    local number, after = read_varint(text, at + 1)
    if not number then return nil end
    at = after
    if tag == 10 then
      address = sub(text, at, at + number - 1)
      at = at + number
    elseif tag == 16 then
      expires = number
    else
      return nil
    end
  end
  return address, expires
end

-- Address that the client wants; a cookie that is over counts as none.
local function wanted(sticky, ctx)
  local value = client.attribute(sticky.attribute, ctx)
  if not value then return nil end
  local address, expires = decode((string.gsub(value, '^"(.*)"$', "%1")))
  if expires and expires > 0 and ngx.time() > expires then return nil end
  return address ~= "" and address or nil
end

-- Whether the cookie is for this path: the path itself, or what is below it.
local function concerns(path, request_path)
  if sub(request_path, 1, #path) ~= path then return false end
  return #request_path == #path or sub(path, -1) == "/" or byte(request_path, #path + 1) == 47
end

function M.service(data)
  data.attribute = { type = "request.cookie", name = data.cookie }
  return data
end

function M.request(sticky, ctx)
  if not concerns(sticky.path, ctx.request.path) then return false end
  local address = wanted(sticky, ctx)
  ctx.sticky = { config = sticky, address = address }
  if not address then return false end
  ctx.peer = service.usable(ctx.service, ctx.subset, address)
  if not ctx.peer and sticky.strict then
    reply.send(ctx.listener.errorFormat, "no-healthy-endpoint")
    return true
  end
  return false
end

-- Tells the client where it was served, unless it knows.
function M.response(_, ctx)
  local sticky, tries = ctx.sticky, ctx.tries
  local last = sticky and tries and tries[#tries]
  if not last then return end
  local address = last.peer.address .. ":" .. last.peer.port
  if address == sticky.address then return end
  local config = sticky.config
  local set = config.cookie .. '="' .. encode(address, config.ttl and ngx.time() + config.ttl) .. '"' .. config.attributes
  local header = ngx.header
  local cookies = header["Set-Cookie"]
  if cookies == nil then
    header["Set-Cookie"] = set
  else
    if type(cookies) ~= "table" then cookies = { cookies } end
    cookies[#cookies + 1] = set
    header["Set-Cookie"] = cookies
  end
end

return M
