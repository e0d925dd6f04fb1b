-- The deadline that a gRPC caller gives. https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
local M = {}

local seconds = { H = 3600, M = 60, S = 1, m = 1e-3, u = 1e-6, n = 1e-9 }

-- Notes the caller's deadline, if it comes before the gateway's own. Text that is no duration says nothing, as to the service.
function M.of_grpc(ctx)
  local value = ctx.request.headers["grpc-timeout"]
  if type(value) ~= "string" or #value > 9 then return end
  local number, unit = string.match(value, "^(%d+)([HMSmun])$")
  if not number then return end
  local at = ngx.now() + tonumber(number) * seconds[unit]
  if not ctx.deadline or at < ctx.deadline then ctx.deadline, ctx.by_caller = at, true end
end

-- Shortens an attempt to what is left; true when nothing is.
function M.over(ctx)
  if not ctx.deadline then return false end
  local left = ctx.deadline - ngx.now()
  if left <= 0 then
    ctx.refusal = "service-timeout"
    return true
  end
  local limits = ctx.limits
  if left < limits.read then limits.read, limits.send = math.max(0.001, left), math.max(0.001, left) end
  return false
end

return M
