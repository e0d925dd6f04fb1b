-- Remembers results for texts that come again and again (host names, header names, common values). Bounded: when full it starts anew, so no
-- client can make it grow. LuaJIT does not compile patterns; a table lookup it does.
local M = {}

-- A function that gives what `make` gives; `make` may not give nil.
function M.of(make, limit)
  local known, count = {}, 0
  return function(text)
    local result = known[text]
    if result ~= nil then return result end
    result = make(text)
    if count >= limit then known, count = {}, 0 end
    known[text], count = result, count + 1
    return result
  end
end

return M
