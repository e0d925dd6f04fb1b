-- How long connecting, one attempt and the whole request may take. nginx measures between two reads.
local M = {}

local longest = 300 -- seconds without a byte when nothing else is said, as on the Envoy listener

-- The clock starts when the request is about to leave. For a WebSocket only `idle` counts: it is a request that never ends.
function M.request(times, ctx)
  if ctx.upgrade then return end
  if times.request and times.request > 0 then ctx.deadline = ngx.now() + times.request / 1000 end
end

local function shorter(a, b)
  if not a or (b and b < a) then return b end
  return a
end

function M.attempt(times, ctx)
  local limits = ctx.limits
  if times.connect then
    limits.connect = times.connect / 1000
    return false
  end
  local left = ctx.deadline and ctx.deadline - ngx.now()
  -- nginx's clock may be a little early: an attempt of a few milliseconds would be a blow to the service and no help to the caller.
  if left and left <= 0.005 then
    ctx.refusal = "service-timeout"
    return true
  end
  local read = shorter(left, not ctx.upgrade and times.perTry and times.perTry / 1000)
  if times.idle and times.idle > 0 then read = shorter(read, times.idle / 1000) end
  limits.read = math.max(0.001, read or longest)
  limits.send = limits.read
  limits.connect = math.max(0.001, shorter(limits.connect, left))
  return false
end

return M
