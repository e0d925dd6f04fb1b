-- Whether there is another attempt. nginx itself tries again; the statuses it looks at are those of the location that the route names.
local balancer = require("ngx.balancer")
local tries = require("sluice.tries")

local M = {}

-- Replies in the place of an answer that would have been tried again, had there been room: nginx has thrown that answer away by then.
local replies = { [429] = "too-many-requests", [500] = "internal-error", [502] = "bad-gateway", [504] = "gateway-timeout" }

function M.route(data)
  local retry = { attempts = data.attempts, methods = {}, when = {}, statuses = {} }
  for _, method in ipairs(data.methods) do retry.methods[method] = true end
  for _, condition in ipairs(data.when) do retry.when[condition] = true end
  for _, status in ipairs(data.statuses) do retry.statuses[status] = true end
  return retry
end

-- Of a service: bounds the retries, so that they cannot multiply an overload. The Envoy engine has the same numbers without the key.
local function within_budget(service)
  local budget = service.values.retry or { percent = 20, minConcurrency = 10 }
  local load = service.load
  return load.retrying < math.max(budget.minConcurrency, load.active * budget.percent / 100)
end

local function wanted(retry, ctx)
  local attempt, when = #ctx.tries, retry.when
  local try = ctx.tries[attempt]
  if tries.time("upstream_header_time", attempt) then return retry.statuses[try.status] end
  if when["5xx"] or when["gateway-error"] then return true end
  if not tries.time("upstream_connect_time", attempt) then return when["connect-failure"] end
  if try.status == 504 then return when["per-try-timeout"] or when.reset end
  return when.reset
end

function M.attempt(retry, ctx)
  if not retry.attempts then return false end -- the budget of a service
  if not ctx.tries then
    local may = retry.attempts > 1 and not ctx.once and retry.methods[ctx.request.method]
    if may and within_budget(ctx.service) then balancer.set_more_tries(retry.attempts - 1) end
    return false
  end
  -- nginx does not count an attempt that met a connection which the endpoint had closed.
  local answered = tries.time("upstream_header_time", #ctx.tries)
  local again = (answered or #ctx.tries < retry.attempts) and wanted(retry, ctx)
  if again and (ctx.retrying or within_budget(ctx.service)) then
    if not ctx.retrying then
      ctx.retrying = ctx.service.load
      ctx.retrying.retrying = ctx.retrying.retrying + 1
    end
    return false
  end
  local status = ctx.tries[#ctx.tries].status
  if answered then
    ctx.refusal = replies[status] or "service-unavailable"
  else
    local connected = tries.time("upstream_connect_time", #ctx.tries)
    ctx.refusal = not connected and "endpoint-unreachable" or status == 504 and "service-timeout" or "endpoint-reset"
  end
  return true
end

return M
