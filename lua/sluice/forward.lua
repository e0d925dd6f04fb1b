-- A request that goes to a service: choose the service, let features act, name the location that reaches it.
local deadline = require("sluice.deadline")
local features = require("sluice.features")
local host = require("sluice.host")
local path = require("sluice.path")
local reply = require("sluice.reply")
local service = require("sluice.service")
local subset = require("sluice.subset")
local targets = require("sluice.targets")
local upgrade = require("sluice.upgrade")

local M = {}

-- A feature may choose; else the weights do.
local function target_of(ctx)
  local route = ctx.route
  if route.target_steps and features.run(route.target_steps, ctx) then return ctx.target end
  local own = route.action.targets
  if #own == 1 then return own[1] end
  return targets.at(own, math.random() * route.action.total)
end

-- Services that may stand in for one another, one after the other.
local longest_chain = 10

-- The service that stands in for one that does not take the request (`ctx.instead`), or nil when one has answered by itself.
local function admit_instead(ctx)
  for _ = 2, longest_chain do
    local chosen = ctx.state.services[ctx.instead]
    if not chosen then break end
    ctx.service, ctx.instead, ctx.subset = chosen, false, false
    if not (chosen.request and features.run(chosen.request, ctx)) then return chosen end
    if not ctx.instead then return nil end
  end
  return reply.send(ctx.listener.errorFormat, "service-unavailable")
end

-- Lets the service of that name take the request. It may answer by itself (then nothing is returned) or send it to another one.
local function admit(ctx, name)
  local chosen = ctx.state.services[name]
  if not chosen then return reply.send(ctx.listener.errorFormat, "service-unavailable") end
  ctx.service = chosen
  if not (chosen.request and features.run(chosen.request, ctx)) then return chosen end
  return ctx.instead and admit_instead(ctx) or nil
end

-- Whether the catch-all location forwards the request as it should: over plain HTTP, the scheme that of the listener, host and path as the client
-- wrote them (or a path that nginx does not write differently), no upgrade, and no status that is to be tried again.
local function is_common(ctx)
  local request, shape = ctx.request, ctx.route.shape
  if ctx.service.upstream ~= "http" or (shape and shape ~= "none") or ctx.body or ctx.host or ctx.edited then return false end
  if not request.line or request.other_scheme or request.headers.upgrade or request.dotted then return false end
  return ctx.path == request.path or (request.query ~= "" and path.is_clean(ctx.path))
end

function M.send(ctx)
  local route, request = ctx.route, ctx.request
  local target = target_of(ctx)
  local refused
  ctx.subset, refused = subset.of(target, ctx.state.services[target.service], ctx)
  ctx.path = request.path
  local chosen = admit(ctx, target.service)
  if not chosen then return end
  if refused and chosen.name == target.service then return reply.send(ctx.listener.errorFormat, "no-healthy-endpoint") end
  if route.request_steps and features.run(route.request_steps, ctx) then return end
  if request.headers.upgrade and not ctx.upgrade and upgrade.wanted(request) then return upgrade.refuse(ctx) end
  if chosen.protocol == "grpc" then deadline.of_grpc(ctx) end
  if #service.pool(chosen, ctx.subset) == 0 then return reply.send(ctx.listener.errorFormat, "no-healthy-endpoint") end
  local load = chosen.load
  load.active = load.active + 1
  ctx.counted = load
  if is_common(ctx) then
    if ctx.path ~= request.path then ngx.req.set_uri(ctx.path, false) end
    return
  end
  local var = ngx.var
  var.sl_host = ctx.host or host.without_dot(request.authority)
  var.sl_path = request.query and ctx.path .. "?" .. request.query or ctx.path
  if ctx.sni then var.sl_sni = ctx.sni end
  if chosen.protocol == "grpc" then
    if ctx.path ~= var.uri then ngx.req.set_uri(ctx.path, false) end
    if ctx.edited then ngx.req.set_uri_args(request.query or "") end
  end
  local location = "@" .. chosen.upstream .. "_" .. (route.shape or "none")
  if not ctx.body then return ngx.exec(location) end
  ctx.location = location
  return ngx.exec(ctx.body.read)
end

return M
