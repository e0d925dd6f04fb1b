-- The log phase, which runs however a request ended: give back what it held, tell features how it went.
local context = require("sluice.context")
local features = require("sluice.features")
local log_line = require("sluice.log_line")
local metrics = require("sluice.metrics")
local slots = require("sluice.slots")

local now = ngx.now
local floor = math.floor

local M = {}

-- Status of the last attempt: that of the service, or nil when it gave none.
local function last_status(ctx, status)
  if status >= 200 and status < 499 and not ctx.own_reply then return status end
  local text = ngx.var.upstream_status
  return text and (tonumber(text) or tonumber(string.match(text, "(%d+)$")))
end

local texts = {}
for status = 200, 498 do texts[status] = tostring(status) end

-- HTTP statuses in the place of the gRPC ones that are the service's fault. As on Envoy only a call without an answer counts, whose status
-- stands in the head.
local grpc_faults = { [2] = 500, [4] = 504, [12] = 501, [13] = 500, [14] = 503, [15] = 500 }

-- Whether nginx itself made the status up, because no head of an answer came.
local function made_up(status)
  if status and status < 500 then return false end
  local head = ngx.var.upstream_header_time
  return not head or string.sub(head, -1) == "-"
end

-- What became of the last attempt, unless it has ended already.
local function settle(ctx, last, status)
  last.peer.load.active = last.peer.load.active - 1
  last.status = last_status(ctx, status)
  if made_up(last.status) then
    last.failed = "failed"
  else
    -- For the access log, where a status of 499 and above may have come from anywhere.
    last.text, last.ms = last.status == status and texts[status], floor((now() - last.began) * 1000 + 0.5)
    if ctx.service.protocol == "grpc" and status == 200 then last.status = grpc_faults[tonumber(ngx.var.upstream_http_grpc_status)] or 200 end
  end
  -- The client went away first: that says nothing about the endpoint.
  last.aborted = status == 499
end

-- `id` is the listener's name in nginx.conf: nginx may have refused the request before any Lua ran.
function M.log(id)
  local ctx, status = slots.drop(), ngx.status
  local ms = metrics.note(ctx, status)
  if not ctx then return log_line.note(id, nil, ms) end
  if ctx.counted then ctx.counted.active = ctx.counted.active - 1 end
  if ctx.retrying then ctx.retrying.retrying = ctx.retrying.retrying - 1 end
  local tries = ctx.tries
  local last = tries and tries[#tries]
  if last and not last.ended then settle(ctx, last, status) end
  log_line.note(id, ctx, ms)
  local steps = ctx.service and ctx.service.done
  if steps then features.each(steps, ctx) end
  context.give(ctx)
end

return M
