-- Timers of features, such as health checks: each runs in one worker at a time, the one that holds the lease.
local config = require("sluice.config")

local dict = ngx.shared.sl_health
local M = {}

local lease = 1 -- seconds

local function holds_lease()
  local mine = ngx.worker.pid()
  if dict:get("lease") == mine then
    dict:set("lease", mine, lease)
    return true
  end
  return dict:add("lease", mine, lease)
end

local function tick()
  local state = config.state()
  if not state or ngx.worker.exiting() or not holds_lease() then return end
  for _, name in ipairs(state.features.order.watch or {}) do state.features.modules[name].watch(state) end
end

function M.start()
  local ok, err = ngx.timer.every(0.05, function(premature)
    if not premature then tick() end
  end)
  if not ok then ngx.log(ngx.ERR, "nothing can be watched: ", err) end
end

return M
