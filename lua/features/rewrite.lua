-- What the service sees instead of the requested path and host.
local match = require("sluice.match")
local sub, byte, gsub = string.sub, string.byte, string.gsub

local M = {}

-- Replacing a whole segment by "/" would leave "//", and adding to "/" would swallow the slash.
local function with_prefix(path, from, to)
  if from == to then return path end
  if from == "/" then return to .. path end
  local rest = sub(path, #from + 1)
  if to ~= "/" then return to .. rest end
  return byte(rest) == 47 and rest or "/" .. rest
end

local function from_template(to, condition, path)
  if condition.type ~= "template" then return to end
  local values = match.parameters(condition.segments, path)
  return (gsub(to, "{([^{}]*)}", values))
end

function M.request(rewrite, ctx)
  local condition = ctx.match.path
  if rewrite.prefix and condition.type == "prefix" then
    ctx.path = with_prefix(ctx.path, condition.path, rewrite.prefix)
  elseif rewrite.path then
    ctx.path = from_template(rewrite.path, condition, ctx.path)
  end
  ctx.host = rewrite.host or ctx.host
end

return M
