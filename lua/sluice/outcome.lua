-- What attempts say about an endpoint, counted over all workers: failures in a row.
local health = require("sluice.health")
local dict = ngx.shared.sl_count

local M = {}

-- Whether an attempt failed: no answer, or a status of 500 and above. The second result: a gateway error, 502 to 504 or no answer.
function M.failed(try)
  local status = try.status
  if try.failed == "failed" or not status then return true, true end
  return status >= 500, status >= 502 and status <= 504
end

-- Counts one result in a row; true when it is the `limit`th failure without a success between.
function M.in_a_row(name, service, try, failed, limit)
  local key = name .. service.name .. "|" .. try.peer.key
  if not failed then
    if dict:get(key) then dict:delete(key) end
    return false
  end
  local count = dict:incr(key, 1, 0, 3600)
  if not count or count < limit then return false end
  dict:delete(key)
  return true
end

-- Takes the endpoint out unless too many are out already.
function M.eject(service, try, milliseconds, most)
  local out = 0
  for _, endpoint in ipairs(service.endpoints) do
    if health.ejected(service.name, endpoint.key) then out = out + 1 end
  end
  if out > 0 and out * 100 >= most * #service.endpoints then return end
  health.eject(service.name, try.peer.key, milliseconds / 1000)
end

return M
