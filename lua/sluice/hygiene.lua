-- What no request may carry, and what only the gateway may say: the same rules as the Envoy listener.
local ffi = require("ffi")
local memo = require("sluice.memo")
local nominated = require("sluice.nominated")
local get_request = require("resty.core.base").get_request
require("resty.core.request") -- declares what is called here
local regex = require("sluice.regex")
local sub = string.sub
local clear = ngx.req.clear_header
local band, bor = require("bit").band, require("bit").bor
local C, text_of = ffi.C, ffi.string

local M = {}

-- What is to be done with a header, as bits: what several headers need is found by one look at all of them together.
local plain, once, hop, forwarding, owned, refused = 0, 1, 2, 4, 8, 16

local special = {
  -- Says who the client is; nobody in front may say so.
  ["x-forwarded-client-cert"] = owned,
  -- Believed only behind a trusted proxy.
  ["x-forwarded-host"] = forwarding, ["x-forwarded-port"] = forwarding, forwarded = forwarding,
  -- Two of them mean two things.
  host = once, authorization = once, ["content-length"] = once,
  -- Of one HTTP/1.1 connection; HTTP/2 has none of them. https://www.rfc-editor.org/rfc/rfc9113#section-8.2.2
  ["transfer-encoding"] = hop, ["keep-alive"] = hop, ["proxy-connection"] = hop, upgrade = hop,
}

local function is_owned(name)
  return sub(name, 1, 7) == "x-auth-" or sub(name, 1, 9) == "x-sluice-" or sub(name, 1, 8) == "x-envoy-"
end

-- Names of headers, without the two characters that services may take for a dash.
local token = regex.compile([=[\A[!#$%&'*+^`|~0-9A-Za-z-]+\z]=])

-- What is to be done with a header of this name.
local kind_of = memo.of(function(name)
  if not regex.matches(token, name, #name) then return refused end
  if is_owned(name) then return owned end
  return special[name] or plain
end, 1000)

local allowed = regex.compile("\\A[^\\x00-\\x08\\x0a-\\x1f\\x7f]*\\z")

local function has_control(value)
  return not regex.matches(allowed, value, #value)
end

local short_is_bad = memo.of(has_control, 4000)

-- Whether the value holds a control character.
local function is_bad(value)
  if #value > 200 then return has_control(value) end
  return short_is_bad(value)
end

local unescaped = regex.compile([=[\A[ !#-\[\]-~]{0,500}\z]=])

-- Whether the text can stand between the quotes of a line of the access log as it is.
M.is_plain = memo.of(function(value) return regex.matches(unescaped, value, #value) end, 4000)

local most = 100
local fields, cut = ffi.new("ngx_http_lua_ffi_table_elt_t[?]", most), ffi.new("int[1]")

-- A name that comes twice has a list.
local function repeated(headers, name, before, value, kind)
  if kind == once then return refused end
  if type(before) == "table" then
    before[#before + 1] = value
  else
    headers[name] = { before, value }
  end
  return kind
end

-- Adds field `i` of nginx's list, with its name in lower case. Returns its kind.
local function take(headers, i)
  local field = fields[i]
  local key, text = field.key, field.value
  local name, value = text_of(key.data, key.len), text_of(text.data, text.len)
  local kind = kind_of(name)
  if is_bad(value) then return refused end
  local before = headers[name]
  if before ~= nil then return repeated(headers, name, before, value, kind) end
  headers[name] = value
  return kind
end

local function take_from(headers, from, n)
  local kinds = plain
  for i = from, n - 1 do kinds = bor(kinds, take(headers, i)) end
  return kinds
end

-- Adds all of them; what they need together. LuaJIT does not compile a function that meets a loop, so the headers that most requests have
-- stand one by one.
local function collect(headers, n)
  if n == 0 then return plain end
  local kinds = take(headers, 0)
  if n == 1 then return kinds end
  kinds = bor(kinds, take(headers, 1))
  if n == 2 then return kinds end
  kinds = bor(kinds, take(headers, 2))
  if n == 3 then return kinds end
  kinds = bor(kinds, take(headers, 3))
  if n == 4 then return kinds end
  kinds = bor(kinds, take(headers, 4))
  if n == 5 then return kinds end
  kinds = bor(kinds, take(headers, 5))
  if n == 6 then return kinds end
  kinds = bor(kinds, take(headers, 6))
  if n == 7 then return kinds end
  kinds = bor(kinds, take(headers, 7))
  if n == 8 then return kinds end
  return bor(kinds, take_from(headers, 8, n))
end

-- Reads nginx's list; how many fields there are, and whether that is too many.
local function fetch()
  local request = get_request()
  local n = C.ngx_http_lua_ffi_req_get_headers_count(request, most, cut)
  if n < 0 then error("the headers of a request cannot be read here") end
  if n > 0 and C.ngx_http_lua_ffi_req_get_headers(request, fields, n, 0) ~= 0 then error("the headers of a request cannot be read") end
  return n, cut[0] ~= 0
end

-- Takes out what only the gateway may say. nginx's list changes on the way, so the names are read first.
local function strip(headers, kinds)
  local gone = {}
  for name in pairs(headers) do
    local kind = kind_of(name)
    if kind ~= plain and kind < refused and kinds[kind] then gone[#gone + 1] = name end
  end
  for _, name in ipairs(gone) do
    clear(name)
    headers[name] = nil
  end
end

local for_everybody, for_strangers = { [owned] = true }, { [owned] = true, [forwarding] = true }

-- Fills an empty table: headers with names in lower case, those of the client's that only the gateway may set taken out. Returns the code of the
-- refusal when the request cannot be taken, else nil. `two`: whether it came over HTTP/2.
function M.read(headers, listener, two)
  local n, truncated = fetch()
  if truncated then return "headers-too-large" end
  local kinds = collect(headers, n)
  if kinds > once then
    if kinds >= refused or (two and band(kinds, hop) ~= 0) then return "bad-request" end
    strip(headers, listener.trustedHops > 0 and for_everybody or for_strangers)
  end
  if headers.connection ~= nil and (two or not nominated.strip(headers)) then return "bad-request" end
  if two and headers.te ~= nil and headers.te ~= "trailers" then return "bad-request" end
end

return M
