-- Stops sending to an endpoint that keeps failing, for all workers of this node.
local outcome = require("sluice.outcome")

local M = {}

function M.done(breaker, ctx)
  for _, try in ipairs(ctx.tries or {}) do
    local failed = outcome.failed(try)
    local open = outcome.in_a_row("cb:", ctx.service, try, failed, breaker.failures)
    if breaker.errorRate and outcome.too_many(ctx.service, try, failed, breaker.errorRate) then open = true end
    if open then outcome.eject(ctx.service, try, breaker.openFor, 100) end
  end
end

return M
