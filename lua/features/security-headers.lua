-- Response headers that tell browsers to be careful; what tells about the software of a service goes.
local M = {}

local function put(header, list, keep)
  for i = 1, #list do
    local name = list[i][1]
    if not keep or header[name] == nil then header[name] = list[i][2] end
  end
end

function M.response(security, _)
  local header = ngx.header
  for _, name in ipairs(security.hide) do header[name] = nil end
  put(header, security.always, security.keep)
  if ngx.var.scheme == "https" then put(header, security.overTls, security.keep) end
end

return M
