-- What no request may carry, and what only the gateway may say: the same rules as the Envoy listener.
local ffi = require("ffi")
local memo = require("sluice.memo")
local nominated = require("sluice.nominated")
local get_request = require("resty.core.base").get_request
require("resty.core.request") -- declares what is called here
local re_find = ngx.re.find
local sub = string.sub
local clear = ngx.req.clear_header
local C, text_of = ffi.C, ffi.string

local M = {}

local special = {
  -- Says who the client is; nobody in front may say so.
  ["x-forwarded-client-cert"] = "owned",
  -- Believed only behind a trusted proxy.
  ["x-forwarded-host"] = "forwarding", ["x-forwarded-port"] = "forwarding", forwarded = "forwarding",
  -- Two of them mean two things.
  host = "once", authorization = "once", ["content-length"] = "once",
}

local function is_owned(name)
  return sub(name, 1, 7) == "x-auth-" or sub(name, 1, 9) == "x-sluice-" or sub(name, 1, 8) == "x-envoy-"
end

-- Names of headers, without the two characters that services may take for a dash.
local token = [=[\A[!#$%&'*+^`|~0-9A-Za-z-]+\z]=]

-- What is to be done with a header of this name.
local kind_of = memo.of(function(name)
  if not re_find(name, token, "jo") then return "refused" end
  if is_owned(name) then return "owned" end
  return special[name] or "plain"
end, 1000)

local control = "[\\x00-\\x08\\x0a-\\x1f\\x7f]"

local function scan(value)
  local from, _, err = re_find(value, control, "jo")
  return from ~= nil or err ~= nil
end

local short_is_bad = memo.of(scan, 4000)

-- Whether the value holds a control character.
local function is_bad(value)
  if #value > 200 then return scan(value) end
  return short_is_bad(value)
end

-- Whether the text can stand between the quotes of a line of the access log as it is.
M.is_plain = memo.of(function(value)
  return re_find(value, [=[\A[ !#-\[\]-~]{0,500}\z]=], "jo") ~= nil
end, 4000)

local most = 100
local fields, cut = ffi.new("ngx_http_lua_ffi_table_elt_t[?]", most), ffi.new("int[1]")

local function add(headers, name, value, kind)
  local before = headers[name]
  if before == nil then
    headers[name] = value
  elseif kind == "once" then
    return false
  elseif type(before) == "table" then
    before[#before + 1] = value
  else
    headers[name] = { before, value }
  end
  return true
end

-- Adds field `i` of nginx's list, with its name in lower case; a name that comes twice has a list. Returns its kind and name; false for one that
-- cannot be taken. A function of its own without a loop and without a call at its end: so LuaJIT compiles it, however few headers a request has.
local function take(headers, i)
  local field = fields[i]
  local key, text = field.key, field.value
  local name, value = text_of(key.data, key.len), text_of(text.data, text.len)
  local kind = kind_of(name)
  if kind == "refused" or is_bad(value) or not add(headers, name, value, kind) then return false, name end
  return kind, name
end

-- Fills `headers`. Returns the names that are not for the service (nil when there are none), or false when a header cannot be taken.
local function collect(headers, n, trusted)
  local gone
  for i = 0, n - 1 do
    local kind, name = take(headers, i)
    if not kind then return false end
    if kind == "owned" or (kind == "forwarding" and not trusted) then
      gone = gone or {}
      gone[#gone + 1] = name
    end
  end
  return gone
end

-- Reads nginx's list; how many fields there are, and whether that is too many.
local function fetch()
  local request = get_request()
  local n = C.ngx_http_lua_ffi_req_get_headers_count(request, most, cut)
  if n < 0 then error("the headers of a request cannot be read here") end
  if n > 0 and C.ngx_http_lua_ffi_req_get_headers(request, fields, n, 0) ~= 0 then error("the headers of a request cannot be read") end
  return n, cut[0] ~= 0
end

-- Headers with names in lower case, those of the client's that only the gateway may set taken out; or nil and the code of the refusal.
function M.headers(listener)
  local headers = {}
  local n, truncated = fetch()
  if truncated then return nil, "headers-too-large" end
  local gone = collect(headers, n, listener.trustedHops > 0)
  if gone == false then return nil, "bad-request" end
  for i = 1, gone and #gone or 0 do
    clear(gone[i])
    headers[gone[i]] = nil
  end
  if not nominated.strip(headers) then return nil, "bad-request" end
  return headers
end

return M
