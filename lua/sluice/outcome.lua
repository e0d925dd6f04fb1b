-- What attempts say about an endpoint, counted over all workers: failures in a row, and how many succeeded in a window of time.
local health = require("sluice.health")
local dict = ngx.shared.sl_count

local M = {}

-- Whether an attempt failed: no answer, or a status of 500 and above. The second result: a gateway error, 502 to 504 or no answer.
-- The third: there was no answer, so the failure arose between the gateway and the endpoint.
function M.failed(try)
  local status = try.status
  if try.failed == "failed" or not status then return true, true, true end
  return status >= 500, status >= 502 and status <= 504, false
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

-- Counts one result in the window of that number, which is `seconds` long.
function M.count(service, try, failed, window, seconds)
  local key = service.name .. "|" .. try.peer.key .. "|" .. window
  dict:incr("ot:" .. key, 1, 0, seconds * 3)
  if not failed then dict:incr("os:" .. key, 1, 0, seconds * 3) end
end

-- Attempts and successes of an endpoint in a window.
function M.counted(service, endpoint, window)
  local key = service.name .. "|" .. endpoint.key .. "|" .. window
  return dict:get("ot:" .. key) or 0, dict:get("os:" .. key) or 0
end

local function multiplier(service, endpoint)
  return "om:" .. service.name .. "|" .. endpoint.key
end

-- Takes the endpoint out, longer each time, unless too many would be out then. Times are in milliseconds, `most` in percent.
function M.eject(service, endpoint, limits)
  if health.ejected(service.name, endpoint.key) then return end
  local out = 1
  for _, one in ipairs(service.endpoints) do
    if health.ejected(service.name, one.key) then out = out + 1 end
  end
  if out * 100 > limits.maxEjected * #service.endpoints then return end
  local times = (dict:get(multiplier(service, endpoint)) or 0) + 1
  local time = math.min(limits.ejectFor * times, limits.maxEjectFor)
  if not health.eject(service.name, endpoint.key, time / 1000) then return end
  local key = multiplier(service, endpoint)
  dict:set(key, times, time / 1000 + 3600)
  dict:set(key .. "|back", ngx.now() + time / 1000, time / 1000 + 3600)
end

-- When the endpoint was not out since then, the next time is shorter again.
function M.calm(service, endpoint, since)
  local key = multiplier(service, endpoint)
  local times = dict:get(key)
  if not times or (dict:get(key .. "|back") or 0) > since then return end
  if times > 1 then dict:set(key, times - 1, 3600) else dict:delete(key) end
end

return M
