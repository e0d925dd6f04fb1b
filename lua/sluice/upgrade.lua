-- A request that asks to become a WebSocket; a feature of its route must allow that.
local reply = require("sluice.reply")

local M = {}

function M.wanted(request)
  local upgrade = request.headers.upgrade
  return upgrade ~= nil and ngx.var.sl_upgrade ~= ""
end

-- True, as a step says that it has answered.
function M.refuse(ctx)
  reply.send(ctx.listener.errorFormat, "forbidden")
  return true
end

return M
