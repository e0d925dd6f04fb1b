-- Going away: clients are told to close their connections after the answer, while the ports are still open. A variable of the worker, set by its
-- timer, so that a request pays one look at a table.
local dict = ngx.shared.sl_config

local M = { on = false }

-- For all workers, within a tick of their timers. Ends only with nginx.
function M.begin()
  dict:safe_set("drain", true)
  M.on = true
end

function M.look()
  if not M.on then M.on = dict:get("drain") == true end
end

-- Requests of clients under way over all workers; the one that asks does not count.
function M.active()
  return math.max(0, (tonumber(ngx.var.connections_writing) or 0) - 1) + (tonumber(ngx.var.connections_reading) or 0)
end

return M
