-- Which endpoints are out, for all workers: by active checks (`c:`) or because of bad answers (`e:`). Both survive changes of the configuration.
local page = require("sluice.page")
local dict = ngx.shared.sl_health
local words, number = page.words, page.health

local M = {}

-- Changes whenever an endpoint goes out or comes back.
function M.version()
  return words[number]
end

local function changed()
  words[number] = dict:incr("v", 1, 0) or words[number] + 1
end

-- Whether the endpoint may take requests (`checked`: active checks have a say); for an ejected one also the time when it comes back.
function M.usable(service, endpoint, checked)
  local key = service .. "|" .. endpoint
  local back = dict:get("e:" .. key)
  return not back and not (checked and dict:get("c:" .. key)), back
end

-- Whether active checks have a verdict already: an endpoint that nobody has asked yet is neither well nor sick.
function M.asked(service, endpoint)
  return dict:get("k:" .. service .. "|" .. endpoint) ~= nil
end

-- The verdict of active checks: true for sick, false for well, nil for none yet.
function M.verdict(service, endpoint)
  if not M.asked(service, endpoint) then return nil end
  return dict:get("c:" .. service .. "|" .. endpoint) == true
end

-- Of an endpoint that is no longer checked.
function M.forget(service, endpoint)
  dict:delete("k:" .. service .. "|" .. endpoint)
  dict:delete("c:" .. service .. "|" .. endpoint)
  changed()
end

-- Whether the service has ever had a request.
function M.is_busy(service)
  return dict:get("b:" .. service) ~= nil
end

function M.set_busy(service)
  dict:add("b:" .. service, true)
end

function M.set_sick(service, endpoint, sick)
  local key = "c:" .. service .. "|" .. endpoint
  dict:set("k:" .. service .. "|" .. endpoint, true)
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

-- Why the endpoint is out, or nil.
local function reason(service, endpoint)
  local key = service.name .. "|" .. endpoint.key
  if service.checked and dict:get("c:" .. key) then return "failed health check" end
  return dict:get("e:" .. key) and "ejected" or nil
end

-- What is out now, as { service, address, reason }: at most `limit`.
function M.out(services, limit)
  local list = {}
  for name, service in pairs(services) do
    for _, endpoint in ipairs(service.endpoints) do
      local why = reason(service, endpoint)
      if why then list[#list + 1] = { service = name, address = endpoint.key, reason = why } end
      if #list == limit then return list end
    end
  end
  return list
end

return M
