-- Changes of the configuration, one at a time over all workers.
local dict = ngx.shared.sl_config

local M = {}

-- One change at a time, whichever worker took it. Returns what `change` returns; the lock of a killed worker ends by itself.
function M.exclusively(change)
  local key, patience = "lock", 30
  local deadline = ngx.now() + patience
  while not dict:add(key, ngx.worker.pid(), patience) do
    if ngx.now() > deadline then return nil, "another change takes too long" end
    ngx.sleep(0.002)
  end
  local ok, number, err, stale = pcall(change)
  dict:delete(key)
  if not ok then return nil, tostring(number) end
  return number, err, stale
end

return M
