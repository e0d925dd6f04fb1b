-- The most requests under way at once, over all workers of this node.
local reply = require("sluice.reply")
local dict = ngx.shared.sl_count

local M = {}

local function total(name)
  local sum = 0
  for id = 0, ngx.worker.count() - 1 do sum = sum + (dict:get("a:" .. name .. ":" .. id) or 0) end
  return sum
end

-- Each worker writes its own number, so that a killed worker takes nothing with it: its successor starts at zero.
local function note(service, change)
  local load = service.load
  load.capped = (load.capped or 0) + change
  dict:set("a:" .. service.name .. ":" .. ngx.worker.id(), load.capped, 3600)
end

-- The place is taken before it is counted, so there are never too many. Who is refused gives it back before the answer is written:
-- a slow reader of refusals must not keep others out.
function M.request(caps, ctx)
  note(ctx.service, 1)
  if total(ctx.service.name) <= caps.limit then
    ctx.capped = ctx.service
    return false
  end
  note(ctx.service, -1)
  reply.send(ctx.listener.errorFormat, caps.status == 429 and "service-overloaded-429" or "service-overloaded", caps.retryAfter)
  return true
end

function M.done(_, ctx)
  if ctx.capped then note(ctx.capped, -1) end
end

return M
