-- Which of the two formats of the access log a request has. nginx's escaping costs a request as much as routing it, so a request whose texts
-- are known to need none takes the plain one; every other request, and every one that was never routed, takes the escaped one.
local config = require("sluice.config")
local hygiene = require("sluice.hygiene")
local request_id = require("sluice.request_id")

local M = {}

-- False when a name needs escaping, which those of a gateway.yaml never do (src/config/schema/scalars.ts).
local function tag_of(listener, route, service)
  for _, name in ipairs({ listener, route, service }) do
    if not hygiene.is_plain(name) then return false end
  end
  return '","listener":"' .. listener .. '","route":"' .. route .. '","service":"' .. service
end

-- The part of the plain line that depends on listener, route and service alone, made once for each.
local function tag(ctx)
  local route, listener = ctx.route, ctx.listener.name
  local service = ctx.service and ctx.service.name or ""
  local tags = route.tags
  if not tags then
    tags = {}
    route.tags = tags
  end
  local of_listener = tags[listener]
  if not of_listener then
    of_listener = {}
    tags[listener] = of_listener
  end
  local text = of_listener[service]
  if text == nil then
    text = tag_of(listener, route.name, service)
    of_listener[service] = text
  end
  return text
end

-- `id` is the listener's name in nginx.conf; without a ctx nothing else is known. The log phase of Lua runs before that of nginx.
function M.note(id, ctx)
  local var = ngx.var
  local known = ctx and ctx.request.plain and tag(ctx)
  if known then
    var.sl_plain = ctx.request.path .. known
    return
  end
  local state = config.state()
  local listener = state and state.by_id[id]
  var.sl_odd = "1"
  var.sl_listener = listener and listener.name
  request_id.of()
  if not ctx then return end
  var.sl_route = ctx.route.name
  var.sl_service = ctx.service and ctx.service.name
end

return M
