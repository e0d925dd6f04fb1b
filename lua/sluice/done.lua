-- The log phase, which runs however a request ended: give back what it held, tell features how it went.
local log_line = require("sluice.log_line")
local metrics = require("sluice.metrics")
local slots = require("sluice.slots")

local M = {}

-- Status of the last attempt: that of the service, or nil when it gave none.
local function last_status(ctx)
  local status = ngx.status
  if status >= 200 and status < 499 and not ctx.own_reply then return status end
  local text = ngx.var.upstream_status
  return text and (tonumber(text) or tonumber(string.match(text, "(%d+)$")))
end

-- HTTP statuses in the place of the gRPC ones that are the service's fault. As on Envoy only a call without an answer counts, whose status
-- stands in the head.
local grpc_faults = { [2] = 500, [4] = 504, [12] = 501, [13] = 500, [14] = 503, [15] = 500 }

-- Whether nginx itself made the status up, because no head of an answer came.
local function made_up(status)
  if status and status < 500 then return false end
  local head = ngx.var.upstream_header_time
  return not head or string.sub(head, -1) == "-"
end

-- `id` is the listener's name in nginx.conf: nginx may have refused the request before any Lua ran.
function M.log(id)
  local ctx = slots.drop()
  log_line.note(id, ctx)
  metrics.note(ctx)
  if not ctx then return end
  if ctx.counted then ctx.counted.active = ctx.counted.active - 1 end
  if ctx.retrying then ctx.retrying.retrying = ctx.retrying.retrying - 1 end
  local tries = ctx.tries
  if tries then
    local last = tries[#tries]
    if last and not last.ended then
      last.peer.load.active = last.peer.load.active - 1
      last.status = last_status(ctx)
      if made_up(last.status) then
        last.failed = "failed"
      elseif ctx.service.protocol == "grpc" and last.status == 200 then
        last.status = grpc_faults[tonumber(ngx.var.upstream_http_grpc_status)] or 200
      end
      -- The client went away first: that says nothing about the endpoint.
      last.aborted = ngx.status == 499
    end
  end
  local steps = ctx.service and ctx.service.done
  if not steps then return end
  for i = 1, #steps, 2 do steps[i](steps[i + 1], ctx) end
end

return M
