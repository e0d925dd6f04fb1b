-- What the service sees instead of the requested path and host.
local match = require("sluice.match")
local prefix = require("sluice.prefix")
local gsub = string.gsub

local M = {}

local function from_template(to, condition, path)
  if condition.type ~= "template" then return to end
  local values = match.parameters(condition.segments, path)
  return (gsub(to, "{([^{}]*)}", values))
end

function M.request(rewrite, ctx)
  local condition = ctx.match.path
  if rewrite.prefix and condition.type == "prefix" then
    ctx.path = prefix.swap(ctx.path, condition.path, rewrite.prefix)
  elseif rewrite.path then
    ctx.path = from_template(rewrite.path, condition, ctx.path)
  end
  ctx.host = rewrite.host or ctx.host
end

return M
