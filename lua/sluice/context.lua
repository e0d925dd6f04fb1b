-- What is known of a request, from its routing to its log line. The tables are used again for the next request: making and collecting them costs as much
-- as routing. So every field stands here, and all go back to `false` together; test/lua/context.test.ts looks for one that was forgotten.
local clear = require("table.clear")

local M = {}

local most = 256 -- contexts that are kept for later
local free, count = {}, 0

local function new()
  return {
    -- Of every request; `usual` and `headers` are the tables of `request` when its line is a usual one.
    listener = false, request = false, route = false, match = false, state = false, service = false, subset = false, path = false,
    usual = { path = false, query = false, headers = false, authority = false, host = false, method = false, line = false, plain = false,
      other_scheme = false, dotted = false },
    headers = {},
    -- Of the way to the service. `tries`: attempts in their order; `list` and `first` are its tables when there is one,
    -- `room` that of `limits`.
    counted = false, tried = false, tries = false, limits = false, deadline = false, refusal = false, by_caller = false, own_reply = false,
    list = { false },
    room = { connect = 0, send = 0, read = 0 },
    first = { peer = false, began = 0, failed = false, status = false, ended = false, aborted = false, text = false, ms = 0 },
    -- What features say to each other and to the spine: another host, target or service, a location that reads the body, and so on.
    host = false, target = false, instead = false, peer = false, hash = false, sni = false, body = false, location = false, upgrade = false,
    -- What features note for later phases.
    capped = false, circuit = false, probe = false, once = false, retrying = false, origin = false, plain = false, sticky = false,
    hash_key = false, asked = false, edited = false,
  }
end

-- A context with nothing in it.
function M.take()
  if count == 0 then return new() end
  local ctx = free[count]
  count = count - 1
  return ctx
end

-- The first attempt of a request.
function M.begin(ctx, peer, now)
  local first = ctx.first
  first.peer, first.began = peer, now
  first.failed, first.status, first.ended, first.aborted, first.text, first.ms = false, false, false, false, false, 0
  ctx.list[1], ctx.tries = first, ctx.list
end

-- How long each step of an attempt may take, in seconds; features shorten it.
function M.limit(ctx, connect, longest)
  local room = ctx.room
  room.connect, room.send, room.read = connect, longest, longest
  ctx.limits = room
end

-- Takes a context back; nothing may look at it any more.
function M.give(ctx)
  if count >= most then return end
  ctx.listener, ctx.request, ctx.route, ctx.match, ctx.state, ctx.service = false, false, false, false, false, false
  ctx.subset, ctx.path, ctx.counted, ctx.tried, ctx.limits, ctx.deadline, ctx.refusal = false, false, false, false, false, false, false
  ctx.by_caller, ctx.own_reply, ctx.host, ctx.target, ctx.instead, ctx.peer, ctx.hash = false, false, false, false, false, false, false
  ctx.sni, ctx.body, ctx.location, ctx.upgrade, ctx.capped, ctx.circuit, ctx.probe = false, false, false, false, false, false, false
  ctx.once, ctx.retrying, ctx.origin, ctx.plain, ctx.sticky = false, false, false, false, false
  ctx.hash_key, ctx.asked, ctx.edited = false, false, false
  if ctx.tries then
    if ctx.tries[2] then ctx.list = { false } end
    ctx.tries, ctx.first.peer = false, false
  end
  clear(ctx.headers)
  count = count + 1
  free[count] = ctx
end

return M
