-- What no request may carry, and what only the gateway may say: the same rules as the Envoy listener.
local find, byte, sub = string.find, string.byte, string.sub
local clear = ngx.req.clear_header

local M = {}

-- Believed only behind a trusted proxy.
local forwarding = { ["x-forwarded-host"] = true, ["x-forwarded-port"] = true, forwarded = true }
local once = { host = true, authorization = true, ["content-length"] = true }

local function bad_value(value)
  return find(value, "[%z\1-\8\10-\31\127]") ~= nil
end

local function owned(name)
  return byte(name) == 120 and (sub(name, 1, 7) == "x-auth-" or sub(name, 1, 9) == "x-sluice-" or sub(name, 1, 19) == "x-envoy-peer-metada")
end

-- Headers with names in lower case, those of the client's that only the gateway may set taken out; or nil and the code of the refusal.
function M.headers(listener)
  local headers, err = ngx.req.get_headers(100)
  if err == "truncated" then return nil, "headers-too-large" end
  setmetatable(headers, nil)
  for name, value in pairs(headers) do
    if find(name, "_", 1, true) or find(name, ".", 1, true) then return nil, "bad-request" end
    if type(value) == "table" then
      if once[name] then return nil, "bad-request" end
      for _, one in ipairs(value) do
        if bad_value(one) then return nil, "bad-request" end
      end
    elseif bad_value(value) then
      return nil, "bad-request"
    end
    if owned(name) or (listener.trustedHops == 0 and forwarding[name]) then
      clear(name)
      headers[name] = nil
    end
  end
  return headers
end

return M
