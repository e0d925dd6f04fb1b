-- Takes an endpoint out for a while when its answers to real requests are bad, for all workers of this node.
local health = require("sluice.health")
local outcome = require("sluice.outcome")

local M = {}

local judged = {} -- by service: the last window that was looked at

local function window_of(limits)
  return math.floor(ngx.now() * 1000 / limits.interval)
end

-- With `consecutiveLocalErrors`, attempts without an answer are counted apart, and only there.
local function too_many_in_a_row(limits, service, try, failed, gateway, without_answer)
  local split = limits.consecutiveLocalErrors
  local out = split and outcome.in_a_row("ol:", service, try, without_answer, split)
  if split and without_answer then return out end
  if outcome.in_a_row("o5:", service, try, failed, limits.consecutive5xx) then out = true end
  local most = limits.consecutiveGatewayErrors
  return most and outcome.in_a_row("og:", service, try, gateway, most) or out
end

function M.done(limits, ctx)
  local service = ctx.service
  for _, try in ipairs(ctx.tries or {}) do
    if try.aborted then break end
    -- What was under way when the endpoint was taken out says nothing new.
    if not health.ejected(service.name, try.peer.key) then
      local failed, gateway, without_answer = outcome.failed(try)
      if limits.windows and not (without_answer and limits.consecutiveLocalErrors) then
        outcome.count(service, try, failed, window_of(limits), limits.interval / 1000)
      end
      if too_many_in_a_row(limits, service, try, failed, gateway, without_answer) then outcome.eject(service, try.peer, limits) end
    end
  end
end

-- Endpoints with enough attempts in the window, each with its share of successes in percent.
local function shares(service, window, least)
  local list = {}
  for _, endpoint in ipairs(service.endpoints) do
    local all, good = outcome.counted(service, endpoint, window)
    if all >= least then list[#list + 1] = { endpoint = endpoint, share = good * 100 / all } end
  end
  return list
end

-- Below the mean by more than so many standard deviations.
local function below_others(service, window, rule)
  local list = shares(service, window, rule.minRequests)
  if #list < rule.minEndpoints then return {} end
  local sum, squares = 0, 0
  for _, one in ipairs(list) do sum = sum + one.share end
  local mean = sum / #list
  for _, one in ipairs(list) do squares = squares + (one.share - mean) ^ 2 end
  local threshold = mean - math.sqrt(squares / #list) * rule.deviations
  local bad = {}
  for _, one in ipairs(list) do
    if one.share < threshold then bad[#bad + 1] = one.endpoint end
  end
  return bad
end

local function above_share(service, window, rule)
  local list = shares(service, window, rule.minRequests)
  if #list < rule.minEndpoints then return {} end
  local bad = {}
  for _, one in ipairs(list) do
    if 100 - one.share >= rule.percent then bad[#bad + 1] = one.endpoint end
  end
  return bad
end

function M.service(limits)
  limits.windows = limits.successRate ~= nil or limits.failureRate ~= nil
  return limits
end

-- Once in each interval, in the one worker that holds the lease.
function M.watch(state)
  for name, service in pairs(state.services) do
    local limits = service.values["outlier-detection"]
    local window = limits and window_of(limits)
    if limits and judged[name] ~= window then
      judged[name] = window
      local past = window - 1
      for _, endpoint in ipairs(service.endpoints) do outcome.calm(service, endpoint, past * limits.interval / 1000) end
      if limits.successRate then
        for _, endpoint in ipairs(below_others(service, past, limits.successRate)) do outcome.eject(service, endpoint, limits) end
      end
      if limits.failureRate then
        for _, endpoint in ipairs(above_share(service, past, limits.failureRate)) do outcome.eject(service, endpoint, limits) end
      end
    end
  end
end

return M
