-- Reads a body of unknown length and compares it with the limit of the route. The location that this runs in has a bound of its own, so that
-- nobody can fill the disk before the comparison.
local reply = require("sluice.reply")
local slots = require("sluice.slots")

local M = {}

-- The access phase of the location: `ctx.body.limit` in bytes, then on to `ctx.location`.
function M.read()
  local ctx = slots.get()
  ngx.req.read_body()
  -- nginx knows the length once it has read the body, whether the client told it or not.
  if (tonumber(ngx.var.content_length) or 0) > ctx.body.limit then return reply.send(ctx.listener.errorFormat, "content-too-large") end
  return ngx.exec(ctx.location)
end

return M
