-- Takes an endpoint out for a while when its answers to real requests are bad, for all workers of this node.
local outcome = require("sluice.outcome")

local M = {}

function M.done(limits, ctx)
  for _, try in ipairs(ctx.tries or {}) do
    if try.aborted then break end
    local failed, gateway = outcome.failed(try)
    local out = outcome.in_a_row("o5:", ctx.service, try, failed, limits.consecutive5xx)
    local most = limits.consecutiveGatewayErrors
    if most and outcome.in_a_row("og:", ctx.service, try, gateway, most) then out = true end
    if out then outcome.eject(ctx.service, try, limits.ejectFor, limits.maxEjected) end
  end
end

return M
