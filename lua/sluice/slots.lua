-- What is known of the requests under way in this worker. `ngx.ctx` does not survive an internal redirect; a variable that holds a number does.
local M = {}

local taken, free, count = {}, {}, 0

-- Keeps `ctx` until `drop`; the number goes into `$sl_id`.
function M.keep(ctx)
  local n = #free
  local id
  if n > 0 then
    id = free[n]
    free[n] = nil
  else
    count = count + 1
    id = count
  end
  taken[id] = ctx
  ngx.var.sl_id = id
  return id
end

-- What was kept for this request, or nil.
function M.get()
  local id = tonumber(ngx.var.sl_id)
  return id and taken[id], id
end

function M.drop(id)
  taken[id] = nil
  free[#free + 1] = id
end

-- Requests under way, for the status.
function M.open()
  return count - #free
end

return M
