-- A service in this worker: its endpoints, and the pools that requests choose from.
local health = require("sluice.health")

local M = {}

-- Endpoints keep their counters over changes of the configuration as long as address and port stay.
function M.new(data, previous)
  local known = previous and previous.by_key or {}
  local endpoints, by_key = {}, {}
  for i, written in ipairs(data.endpoints) do
    local key = written.address .. ":" .. written.port
    local endpoint = {
      key = key,
      address = string.find(written.address, ":", 1, true) and "[" .. written.address .. "]" or written.address,
      port = written.port,
      weight = written.weight,
      labels = written.labels or {},
      zone = written.zone,
      load = known[key] and known[key].load or { active = 0 },
    }
    endpoints[i], by_key[key] = endpoint, endpoint
  end
  -- Pools are kept by the table of labels that a route has; they go when the route does.
  data.endpoints, data.by_key, data.pools = endpoints, by_key, setmetatable({}, { __mode = "k" })
  data.load = previous and previous.load or { active = 0, retrying = 0 }
  return data
end

local function carries(endpoint, labels)
  for name, value in pairs(labels) do
    local own = endpoint.labels[name]
    if type(own) == "table" then
      local found = false
      for _, one in ipairs(own) do found = found or one == value end
      if not found then return false end
    elseif own ~= value then
      return false
    end
  end
  return true
end

local function fill(service, labels, version)
  local pool = { version = version, service = service, turn = 0 }
  for _, endpoint in ipairs(service.endpoints) do
    if not labels or carries(endpoint, labels) then
      local usable, back = health.usable(service.name, endpoint.key, service.checked)
      if usable then pool[#pool + 1] = endpoint end
      if back and (not pool.back or back < pool.back) then pool.back = back end
    end
  end
  return pool
end

-- The endpoints that may take a request: healthy ones with the labels. Made anew only when health or the service changed,
-- or when the time of an ejected endpoint is over.
function M.pool(service, labels)
  local version = health.version()
  local key = labels or "all"
  local pool = service.pools[key]
  if not pool or pool.version ~= version or (pool.back and ngx.now() >= pool.back) then
    pool = fill(service, labels, version)
    service.pools[key] = pool
  end
  return pool
end

return M
