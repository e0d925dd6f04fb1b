-- The largest body of a request. One that tells its length is refused unread; one that does not is read where nginx itself has a bound.
local reply = require("sluice.reply")

local M = {}

function M.request(body, ctx)
  local headers = ctx.request.headers
  local length = headers["content-length"]
  if length then
    if tonumber(length) <= body.limit then return false end
    reply.send(ctx.listener.errorFormat, "content-too-large")
    return true
  end
  if headers["transfer-encoding"] or ngx.var.server_protocol == "HTTP/2.0" then ctx.body = body end
  return false
end

return M
