-- Another prefix in place of the matched one.
local sub, byte = string.sub, string.byte

local M = {}

-- Replacing a whole segment by "/" would leave "//", and adding to "/" would swallow the slash.
function M.swap(path, from, to)
  if from == to then return path end
  if from == "/" then return to .. path end
  local rest = sub(path, #from + 1)
  if to ~= "/" then return to .. rest end
  return byte(rest) == 47 and rest or "/" .. rest
end

return M
