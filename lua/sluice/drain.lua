-- Going away: clients are told to close their connections after the answer, while the ports are still open. A variable of the worker, set by its
-- timer, so that a request pays one look at a table.
local page = require("sluice.page")
local dict = ngx.shared.sl_config
local words, number = page.words, page.drain

local M = { on = false }

-- For all workers, within a tick of their timers. Ends only with nginx.
function M.begin()
  dict:safe_set("drain", true)
  words[number] = 1
  M.on = true
end

function M.look()
  M.on = words[number] == 1
end

-- Requests of clients under way over all workers; the one that asks does not count.
function M.active()
  return math.max(0, (tonumber(ngx.var.connections_writing) or 0) - 1) + (tonumber(ngx.var.connections_reading) or 0)
end

return M
