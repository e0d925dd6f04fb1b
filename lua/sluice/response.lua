-- The header filter: what the client sees besides the service's answer.
local slots = require("sluice.slots")

local M = {}

function M.headers()
  local header = ngx.header
  header["Server"] = "sluice"
  local ctx = slots.get()
  if not ctx then return end
  local steps = ctx.route.response_steps
  if not steps then return end
  for i = 1, #steps, 2 do steps[i](steps[i + 1], ctx) end
end

return M
