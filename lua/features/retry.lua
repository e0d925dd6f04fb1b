-- Whether there is another attempt. nginx itself tries again; the statuses it looks at are those of the location that the route names.
local balancer = require("ngx.balancer")

local M = {}

function M.route(data)
  local retry = { attempts = data.attempts, methods = {}, when = {} }
  for _, method in ipairs(data.methods) do retry.methods[method] = true end
  for _, condition in ipairs(data.when) do retry.when[condition] = true end
  return retry
end

-- Of a service: bounds the retries, so that they cannot multiply an overload. The Envoy engine has the same numbers without the key.
local function within_budget(service)
  local budget = service.values.retry or { percent = 20, minConcurrency = 10 }
  local load = service.load
  return load.retrying < math.max(budget.minConcurrency, load.active * budget.percent / 100)
end

-- Time that the attempt needed to connect; nil when it never did.
local function connect_time(attempt)
  local n = 0
  for field in string.gmatch(ngx.var.upstream_connect_time or "", "[^%s,]+") do
    n = n + 1
    if n == attempt then return tonumber(field) end
  end
  return nil
end

local function wanted(retry, ctx)
  local try, when = ctx.tries[#ctx.tries], retry.when
  if try.failed ~= "failed" or when["5xx"] or when["gateway-error"] then return true end
  if not connect_time(#ctx.tries) then return when["connect-failure"] end
  if try.status == 504 then return when["per-try-timeout"] or when.reset end
  return when.reset
end

function M.attempt(retry, ctx)
  if not retry.attempts then return false end -- the budget of a service
  if #ctx.tries == 0 then
    local may = retry.attempts > 1 and not ctx.once and retry.methods[ctx.request.method]
    if may and within_budget(ctx.service) then balancer.set_more_tries(retry.attempts - 1) end
    return false
  end
  if wanted(retry, ctx) then
    if not ctx.retrying then
      ctx.retrying = ctx.service.load
      ctx.retrying.retrying = ctx.retrying.retrying + 1
    end
    return false
  end
  local connected = connect_time(#ctx.tries)
  ctx.refusal = not connected and "endpoint-unreachable" or ctx.tries[#ctx.tries].status == 504 and "service-timeout" or "endpoint-reset"
  return true
end

return M
