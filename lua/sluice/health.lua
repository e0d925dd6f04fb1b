-- Which endpoints are out, for all workers: by active checks (`c:`) or because of bad answers (`e:`). Both survive changes of the configuration.
local dict = ngx.shared.sl_health

local M = {}

-- Changes whenever an endpoint goes out or comes back.
function M.version()
  return dict:get("v") or 0
end

local function changed()
  dict:incr("v", 1, 0)
end

-- Whether the endpoint may take requests (`checked`: active checks have a say); for an ejected one also the time when it comes back.
function M.usable(service, endpoint, checked)
  local key = service .. "|" .. endpoint
  local back = dict:get("e:" .. key)
  return not back and not (checked and dict:get("c:" .. key)), back
end

-- The verdict of active checks.
function M.set_sick(service, endpoint, sick)
  local key = "c:" .. service .. "|" .. endpoint
  if sick then
    dict:set(key, true)
  else
    if dict:get(key) then M.appeared(service, endpoint) end
    dict:delete(key)
  end
  changed()
end

-- Notes that an endpoint is new, or was found healthy again. Longer than a slow start may last (src/features/balancing/model.ts) nobody asks.
function M.appeared(service, endpoint)
  dict:set("s:" .. service .. "|" .. endpoint, ngx.now(), 86400)
end

-- When that was, or nil when it is long ago.
function M.since(service, endpoint)
  return dict:get("s:" .. service .. "|" .. endpoint)
end

-- Takes an endpoint out for some seconds; false when another worker just did.
function M.eject(service, endpoint, seconds)
  local key = "e:" .. service .. "|" .. endpoint
  if not dict:add(key, ngx.now() + seconds, seconds) then return false end
  changed()
  return true
end

function M.ejected(service, endpoint)
  return dict:get("e:" .. service .. "|" .. endpoint) ~= nil
end

local reasons = { c = "failed health check", e = "ejected" }

-- What is out now, as { service, address, reason }: at most `limit`. Only what is out has a key, so it costs nothing while all is well.
function M.out(services, limit)
  local list = {}
  for _, key in ipairs(dict:get_keys(0)) do
    local kind, name, address = string.match(key, "^([ce]):([^|]*)|(.*)$")
    local service = name and services[name]
    if service and service.by_key[address] and dict:get(key) and (kind == "e" or service.checked) then
      list[#list + 1] = { service = name, address = address, reason = reasons[kind] }
      if #list == limit then break end
    end
  end
  return list
end

return M
