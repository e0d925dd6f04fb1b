-- Sends copies of requests to other services. A copy is made when the request is about to leave, and sent by a timer of its own: the request never
-- waits for it, and holds nothing of it.
local copy = require("sluice.copy")

local M = {}

function M.route(data, node)
  local mirrors = {}
  for i, percent in ipairs(data.percents) do mirrors[i] = { percent = percent, service = node.further.mirror[i].service } end
  return mirrors
end

function M.request(mirrors, ctx)
  local text
  for _, mirror in ipairs(mirrors) do
    if mirror.percent >= 100 or math.random() * 100 < mirror.percent then
      if text == nil then text = copy.of(ctx) or false end
      local service = ctx.state.services[mirror.service]
      if text and service then copy.send(text, service) end
    end
  end
  return false
end

return M
