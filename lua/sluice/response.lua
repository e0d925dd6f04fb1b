-- The header filter: what the client sees besides the service's answer.
local features = require("sluice.features")
local drain = require("sluice.drain")
local slots = require("sluice.slots")

local http_version = ngx.req.http_version

local M = {}

local function say_who(header)
  header["Server"] = "sluice"
end

-- Whether a service has answered. LuaJIT compiles this, and what it calls.
local function answered()
  local ctx = slots.get()
  say_who(ngx.header)
  return ctx, ctx and ctx.tried
end

-- LuaJIT cannot compile a call of `http_version`, and what stands around it neither.
function M.headers()
  local ctx, tried = answered()
  -- HTTP/2 has no such header; there nginx itself says goodbye when its ports close. nginx's own `keep-alive` stays beside it: `close` counts.
  if drain.on and ngx.status ~= 101 and http_version() < 2 then ngx.header["Connection"] = "close" end
  -- What a service says without an HTTP status line nginx takes for an answer of HTTP/0.9, and would pass on as it is.
  if tried and http_version() < 1 then return ngx.exit(ngx.ERROR) end
  if not ctx or ctx.plain then return end
  local steps = ctx.service and ctx.service.response
  if steps then features.each(steps, ctx) end
  steps = ctx.route.response_steps
  if steps then features.each(steps, ctx) end
end
jit.off(M.headers)

return M
