-- Long work in slices, so that requests of the same worker go on between them.
local M = {}

local slice = 0.002 -- seconds; nginx's clock counts milliseconds
local look = 20 -- steps between two looks at the clock; a step takes some 5 to 50 microseconds

-- A function to be called at each step. `ngx.sleep(0)` would come back before any other event is looked at.
function M.every_slice()
  local steps, began = 0, ngx.now()
  return function()
    steps = steps + 1
    if steps % look ~= 0 then return end
    ngx.update_time()
    if ngx.now() - began < slice then return end
    ngx.sleep(0.001)
    began = ngx.now()
  end
end

-- Where nothing may yield.
function M.never() end

return M
