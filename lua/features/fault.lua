-- Lets requests wait, or answers in place of the service: a share of them, or only those that know a secret.
local reply = require("sluice.reply")
local secret = require("sluice.secret")

local M = {}

function M.route(data)
  if data.sha256 then data.digest = secret.bytes(data.sha256) end
  return data
end

local function knows(fault, ctx)
  local value = ctx.request.headers[fault.header]
  if type(value) == "string" then return secret.is(value, fault.digest) end
  local found = false
  for _, one in ipairs(value or {}) do found = secret.is(one, fault.digest) or found end
  return found
end

local function takes(percent)
  return percent >= 100 or math.random() * 100 < percent
end

function M.action(fault, ctx)
  if ctx.route.action.type ~= "forward" then return false end
  if fault.header then
    local known = knows(fault, ctx)
    ngx.req.clear_header(fault.header)
    ctx.request.headers[fault.header] = nil
    if not known then return false end
  end
  local delay, abort = fault.delay, fault.abort
  if delay and takes(delay.percent) then ngx.sleep(delay.time / 1000) end
  if not abort or not takes(abort.percent) then return false end
  reply.send(ctx.listener.errorFormat, abort.reply)
  return true
end

return M
