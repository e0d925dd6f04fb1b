-- Sends requests with an equal value to the same target; those without the value go by weight.
local client = require("sluice.client")
local targets = require("sluice.targets")
local xxhash = require("sluice.xxhash")

local M = {}

function M.target(by, ctx)
  local action = ctx.route.action
  if not action.targets[2] then return false end
  local value = client.attribute(by, ctx)
  if not value then return false end
  ctx.target = targets.at(action.targets, xxhash.share(value, action.total))
  return true
end

return M
