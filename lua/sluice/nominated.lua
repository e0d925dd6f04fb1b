-- Headers that the client's Connection header names are for this hop alone. Envoy has the same rules: sanitizeConnectionHeader in
-- source/common/http/utility.cc.
local clear = ngx.req.clear_header
local gmatch, lower = string.gmatch, string.lower

local M = {}

local ordinary = { ["keep-alive"] = true, close = true, upgrade = true, ["Keep-Alive"] = true, Upgrade = true }
local kept = {
  ["keep-alive"] = true, close = true, upgrade = true, connection = true, te = true, ["http2-settings"] = true,
  ["content-length"] = true, ["transfer-encoding"] = true,
}
-- Their removal would hide where a request comes from, or for whom it is.
local refused = { host = true, ["x-forwarded-for"] = true, ["x-forwarded-host"] = true, ["x-forwarded-proto"] = true }

local function strip(headers, names)
  for name in gmatch(lower(names), "[^,%s]+") do
    if refused[name] then return false end
    if not kept[name] and headers[name] ~= nil then
      clear(name)
      headers[name] = nil
    end
  end
  return true
end

-- Takes the named headers out; false when the request cannot be taken.
function M.strip(headers)
  local value = headers.connection
  if value == nil or ordinary[value] then return true end
  if type(value) == "string" then return strip(headers, value) end
  for _, names in ipairs(value) do
    if not strip(headers, names) then return false end
  end
  return true
end

return M
