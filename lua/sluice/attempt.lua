-- The balancer phase: one call per attempt.
local balancer = require("ngx.balancer")
local context = require("sluice.context")
local deadline = require("sluice.deadline")
local features = require("sluice.features")
local pick = require("sluice.pick")
local service = require("sluice.service")
local slots = require("sluice.slots")
local tries = require("sluice.tries")

local now = ngx.now
local random = math.random

local M = {}

-- Seconds, as far as no feature says something else; the same as the Envoy engine's, and as in nginx.conf (src/nginx/http-settings.ts).
local connect, request = 5, 15
-- Of streams: a gRPC call has the deadline of its caller, a WebSocket has none. They end when nothing is said for so long.
local stream = 300

-- OpenResty 1.27 and later: connections are pooled by address and TLS name.
local enable_keepalive = balancer.enable_keepalive

local function note_failure(ctx)
  local kind, status = balancer.get_last_failure()
  if not kind then return end
  local last = ctx.tries[#ctx.tries]
  -- nginx calls a bad status failed as well; here it means that there was no answer.
  last.failed, last.status = not tries.time("upstream_header_time", #ctx.tries) and "failed", status
  last.peer.load.active = last.peer.load.active - 1
  last.ended = true
end

local function was_tried(tried, peer)
  for _, try in ipairs(tried) do
    if try.peer == peer then return true end
  end
  return false
end

-- Another endpoint than those before, as long as there is one; the search begins anywhere, so that not always the same one gets what others fail.
local function another(peer, tried, pool)
  if not was_tried(tried, peer) then return peer end
  local n = #pool
  local first = random(n)
  for i = first, first + n - 1 do
    local other = pool[i % n + 1]
    if not was_tried(tried, other) then return other end
  end
  return peer
end

local function choose(ctx)
  local tried = ctx.tries
  if ctx.peer and not tried then return ctx.peer end -- a feature has chosen
  local pool = service.pool(ctx.service, ctx.subset)
  if not pool[1] then return nil end
  local peer = pick.choose(ctx.service.strategy, pool, ctx.hash)
  return tried and another(peer, tried, pool) or peer
end

-- `text` and `ms` are for the access log: status and duration of an attempt that was answered.
local function begin(ctx, peer)
  local before = ctx.tries
  if not before then return context.begin(ctx, peer, now()) end
  before[#before + 1] = { peer = peer, began = now(), failed = false, status = false, ended = false, aborted = false, text = false, ms = 0 }
end

function M.balance()
  local ctx = slots.get()
  if not ctx or not ctx.service then return ngx.exit(ngx.ERROR) end
  if ctx.tries then note_failure(ctx) end
  local of_service, of_route = ctx.service.attempt, ctx.route.attempt_steps
  local is_stream = ctx.upgrade or ctx.service.protocol == "grpc"
  if of_service or of_route or is_stream or ctx.deadline then
    context.limit(ctx, connect, is_stream and stream or request)
    if deadline.over(ctx) then return ngx.exit(ngx.ERROR) end
    if of_service and features.run(of_service, ctx) then return ngx.exit(ngx.ERROR) end
    if of_route and features.run(of_route, ctx) then return ngx.exit(ngx.ERROR) end
  end
  local peer = choose(ctx)
  if not peer then
    ctx.refusal = ctx.refusal or "no-healthy-endpoint"
    return ngx.exit(ngx.ERROR)
  end
  ctx.tried = true
  begin(ctx, peer)
  peer.load.active = peer.load.active + 1
  local ok, err = balancer.set_current_peer(peer.address, peer.port, ctx.sni or nil)
  if not ok then
    ngx.log(ngx.ERR, "the peer ", peer.key, " cannot be used: ", err)
    return ngx.exit(ngx.ERROR)
  end
  local limits = ctx.limits
  if limits then balancer.set_timeouts(limits.connect, limits.send, limits.read) end
  if enable_keepalive then enable_keepalive(60, 100000) end
end

return M
