-- The header filter: what the client sees besides the service's answer.
local drain = require("sluice.drain")
local slots = require("sluice.slots")

local M = {}

local function run(steps, ctx)
  for i = 1, #steps, 2 do steps[i](steps[i + 1], ctx) end
end

function M.headers()
  local header = ngx.header
  header["Server"] = "sluice"
  -- HTTP/2 has no such header; there nginx itself says goodbye when its ports close. nginx's own `keep-alive` stays beside it: `close` counts.
  if drain.on and ngx.status ~= 101 and ngx.req.http_version() < 2 then header["Connection"] = "close" end
  local ctx = slots.get()
  -- What a service says without an HTTP status line nginx takes for an answer of HTTP/0.9, and would pass on as it is.
  if ctx and ctx.tried and ngx.req.http_version() < 1 then return ngx.exit(ngx.ERROR) end
  if not ctx or ctx.plain then return end
  local steps = ctx.service and ctx.service.response
  if steps then run(steps, ctx) end
  steps = ctx.route.response_steps
  if steps then run(steps, ctx) end
end

return M
