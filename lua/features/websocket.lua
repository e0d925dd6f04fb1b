-- Lets a request become a WebSocket, if the page that asks may.
local upgrade = require("sluice.upgrade")

local M = {}

function M.route(data)
  if data.origins then
    data.allowed = {}
    for _, origin in ipairs(data.origins) do data.allowed[origin] = true end
  end
  return data
end

function M.request(policy, ctx)
  if not upgrade.wanted(ctx.request) then return false end
  local origin = ctx.request.headers.origin
  if policy.allowed and origin and not (type(origin) == "string" and policy.allowed[string.lower(origin)]) then return upgrade.refuse(ctx) end
  ctx.upgrade = true
  return false
end

return M
