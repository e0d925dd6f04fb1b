-- The strategy of a service, and the text that hashing strategies look at.
local client = require("sluice.client")

local M = {}

function M.service(data, node)
  node.strategy = data.strategy
  return data
end

function M.request(data, ctx)
  if data.key then ctx.hash = client.attribute(data.key, ctx) end
end

return M
