-- Whether there is another attempt. nginx itself tries again; the statuses it looks at are those of the location that the route names.
local balancer = require("ngx.balancer")

local M = {}

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

-- Time that the attempt took to one of its steps, from nginx's own list; nil when it never came so far.
local function time_of(variable, attempt)
  local n = 0
  for field in string.gmatch(ngx.var[variable] or "", "[^%s,]+") do
    n = n + 1
    if n == attempt then return tonumber(field) end
  end
  return nil
end

local function wanted(retry, ctx)
  local attempt, when = #ctx.tries, retry.when
  local try = ctx.tries[attempt]
  if time_of("upstream_header_time", attempt) then return retry.statuses[try.status] end
  if when["5xx"] or when["gateway-error"] then return true end
  if not time_of("upstream_connect_time", attempt) then return when["connect-failure"] end
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
  -- nginx does not count an attempt that met a connection which the endpoint had closed.
  local answered = time_of("upstream_header_time", #ctx.tries)
  if (answered or #ctx.tries < retry.attempts) and wanted(retry, ctx) then
    if not ctx.retrying then
      ctx.retrying = ctx.service.load
      ctx.retrying.retrying = ctx.retrying.retrying + 1
    end
    return false
  end
  local connected = time_of("upstream_connect_time", #ctx.tries)
  ctx.refusal = not connected and "endpoint-unreachable" or ctx.tries[#ctx.tries].status == 504 and "service-timeout" or "endpoint-reset"
  return true
end

return M
