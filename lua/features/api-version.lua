-- Tells callers of a version how long it lives, and counts those of deprecated ones.
local counts = require("sluice.counts")

local M = {}

local function joined(old, value)
  if not old then return value end
  return (type(old) == "table" and table.concat(old, ", ") or old) .. ", " .. value
end

function M.response(told, ctx)
  local header = ngx.header
  for name, value in pairs(told.set) do header[name] = value end
  for _, pair in ipairs(told.add) do header[pair[1]] = joined(header[pair[1]], pair[2]) end
  if told.counted then counts.add("deprecated", ctx.route.name) end
end

return M
