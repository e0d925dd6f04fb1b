-- Long work in slices, so that requests of the same worker go on between them.
local M = {}

local slice = 200 -- steps; a step takes a few microseconds

-- A function to be called at each step. `ngx.sleep(0)` would come back before any other event is looked at.
function M.every_slice()
  local steps = 0
  return function()
    steps = steps + 1
    if steps % slice == 0 then ngx.sleep(0.001) end
  end
end

-- Where nothing may yield.
function M.never() end

return M
