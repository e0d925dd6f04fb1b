-- A request that goes to a service: choose the service, let features act, name the location that reaches it.
local features = require("sluice.features")
local reply = require("sluice.reply")
local service = require("sluice.service")

local M = {}

local function target_of(action)
  local targets = action.targets
  if #targets == 1 then return targets[1] end
  local point = math.random() * action.total
  for i = 1, #targets do
    point = point - targets[i].weight
    if point < 0 then return targets[i] end
  end
  return targets[#targets]
end

function M.send(ctx)
  local route, request = ctx.route, ctx.request
  local target = target_of(route.action)
  local chosen = ctx.state.services[target.service]
  ctx.service, ctx.subset = chosen, target.subset
  ctx.path = request.path
  local var = ngx.var
  var.sl_service = chosen.name
  if chosen.request and features.run(chosen.request, ctx) then return end
  if route.request_steps and features.run(route.request_steps, ctx) then return end
  if #service.pool(chosen, ctx.subset) == 0 then return reply.send(ctx.listener.errorFormat, "no-healthy-endpoint") end
  local load = chosen.load
  load.active = load.active + 1
  ctx.counted = load
  if ctx.host then var.sl_host = ctx.host end
  var.sl_path = request.query and ctx.path .. "?" .. request.query or ctx.path
  if ctx.sni then var.sl_sni = ctx.sni end
  if chosen.protocol == "grpc" and ctx.path ~= var.uri then ngx.req.set_uri(ctx.path, false) end
  local shape = route.shape or "none"
  if ctx.body then
    ctx.location = "@" .. chosen.upstream .. "_" .. shape
    return ngx.exec(ctx.body.read)
  end
  if shape ~= "none" or chosen.upstream ~= "http" then return ngx.exec("@" .. chosen.upstream .. "_" .. shape) end
end

return M
