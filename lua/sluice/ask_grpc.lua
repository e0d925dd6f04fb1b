-- The gRPC health protocol over HTTP/2, as far as one question needs it. The header fields of the answer are skipped: that the server serves stands in its
-- message. https://github.com/grpc/grpc/blob/master/doc/health-checking.md, https://www.rfc-editor.org/rfc/rfc9113
local byte, char, sub = string.byte, string.char, string.sub

local M = {}

local types = { data = 0, headers = 1, reset = 3, settings = 4, ping = 6, goaway = 7 }
local end_stream, end_headers, padded, ack = 0x1, 0x4, 0x8, 0x1
local preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
local most_frames = 100
local largest = 16384 -- of a frame: nobody was told that more is welcome
local serving = 1

local function frame(kind, flags, stream, payload)
  local size = #payload
  return char(math.floor(size / 65536), math.floor(size / 256) % 256, size % 256, kind, flags, 0, 0, 0, stream) .. payload
end

-- A text of HPACK, not compressed, of at most 8 KiB. https://www.rfc-editor.org/rfc/rfc7541#section-5
local function text(value)
  local size = #value
  if size < 127 then return char(size) .. value end
  size = size - 127
  return char(127) .. (size < 128 and char(size) or char(size % 128 + 128, math.floor(size / 128))) .. value
end

local function varint(value)
  return value < 128 and char(value) or char(value % 128 + 128, math.floor(value / 128))
end

-- Made once for each service: preface, settings, and the whole request. The numbers are fields of HPACK's static table.
function M.question(authority, service)
  local fields = char(0x83, 0x86, 0x04) .. text("/grpc.health.v1.Health/Check") .. char(0x01) .. text(authority)
  fields = fields .. char(0x0f, 0x10) .. text("application/grpc") .. char(0x00) .. text("te") .. text("trailers")
  local message = service == "" and "" or char(0x0a) .. varint(#service) .. service
  local size = #message
  local body = char(0, 0, 0, math.floor(size / 256), size % 256) .. message
  return preface .. frame(types.settings, 0, 0, "") .. frame(types.headers, end_headers, 1, fields) .. frame(types.data, end_stream, 1, body)
end

local function read_frame(within)
  local head = within("receive", 9)
  if not head then return nil end
  local a, b, c, kind, flags, _, _, _, stream = byte(head, 1, 9)
  local size = a * 65536 + b * 256 + c
  if size > largest then return nil end
  local payload = size == 0 and "" or within("receive", size)
  return payload and { kind = kind, flags = flags, stream = stream, payload = payload }
end

local function has(flags, flag) return math.floor(flags / flag) % 2 == 1 end

local function content(one)
  if not has(one.flags, padded) then return one.payload end
  return sub(one.payload, 2, #one.payload - byte(one.payload, 1))
end

-- Whether the message says SERVING; nil while it is not whole. Its only field is the number 1, a varint.
local function verdict(body)
  if #body < 5 then return nil end
  local compressed, _, _, high, low = byte(body, 1, 5)
  if #body < 5 + high * 256 + low then return nil end
  return compressed == 0 and sub(body, 6, 5 + high * 256 + low) == char(0x08, serving)
end

-- Answers what HTTP/2 wants answered.
local function reply(one, within)
  if has(one.flags, ack) then return true end
  if one.kind == types.settings then return within("send", frame(types.settings, ack, 0, "")) end
  if one.kind == types.ping then return within("send", frame(types.ping, ack, 0, one.payload)) end
  return true
end

function M.ask(question, within)
  if not within("send", question.frames) then return false end
  local body = ""
  for _ = 1, most_frames do
    local one = read_frame(within)
    if not one or one.kind == types.goaway then return false end
    if one.stream == 1 then
      if one.kind == types.data then body = body .. content(one) end
      local known = verdict(body)
      if known ~= nil then return known end
      if one.kind == types.reset or has(one.flags, end_stream) then return false end
    elseif not reply(one, within) then
      return false
    end
  end
  return false
end

return M
