-- How endpoints of a service are chosen, and the text that hashing strategies look at.
local client = require("sluice.client")

local M = {}

function M.service(data, node)
  node.strategy, node.choices, node.panic = data.strategy, data.choices, data.panicBelow
  node.slow_start = data.slowStart and data.slowStart / 1000
  if data.zones then
    local level = {}
    for i, zone in ipairs(data.zones.prefer) do level[zone] = i end
    node.zones = { prefer = data.zones.prefer, level = level, factor = data.zones.factor }
  end
  return data
end

function M.request(data, ctx)
  if data.key then ctx.hash, ctx.hash_key = client.attribute(data.key, ctx), data.key end
end

return M
