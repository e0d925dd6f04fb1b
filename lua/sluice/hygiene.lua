-- What no request may carry, and what only the gateway may say: the same rules as the Envoy listener.
local memo = require("sluice.memo")
local re_find = ngx.re.find
local find, sub = string.find, string.sub
local clear = ngx.req.clear_header

local M = {}

local special = {
  -- Believed only behind a trusted proxy.
  ["x-forwarded-host"] = "forwarding", ["x-forwarded-port"] = "forwarding", forwarded = "forwarding",
  -- Two of them mean two things.
  host = "once", authorization = "once", ["content-length"] = "once",
}

local function is_owned(name)
  return sub(name, 1, 7) == "x-auth-" or sub(name, 1, 9) == "x-sluice-" or sub(name, 1, 19) == "x-envoy-peer-metada"
end

-- What is to be done with a header of this name.
local kind_of = memo.of(function(name)
  if find(name, "_", 1, true) or find(name, ".", 1, true) then return "refused" end
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

local function refuses(kind, value)
  if kind == "refused" then return true end
  if type(value) ~= "table" then return is_bad(value) end
  if kind == "once" then return true end
  for i = 1, #value do
    if is_bad(value[i]) then return true end
  end
  return false
end

-- Headers with names in lower case, those of the client's that only the gateway may set taken out; or nil and the code of the refusal.
function M.headers(listener)
  local headers, err = ngx.req.get_headers(100)
  if err == "truncated" then return nil, "headers-too-large" end
  setmetatable(headers, nil)
  local gone
  for name, value in pairs(headers) do
    local kind = kind_of(name)
    if refuses(kind, value) then return nil, "bad-request" end
    if kind == "owned" or (kind == "forwarding" and listener.trustedHops == 0) then
      gone = gone or {}
      gone[#gone + 1] = name
    end
  end
  for i = 1, gone and #gone or 0 do
    clear(gone[i])
    headers[gone[i]] = nil
  end
  return headers
end

return M
