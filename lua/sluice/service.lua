-- A service in this worker: its endpoints, and the pools that requests choose from.
local health = require("sluice.health")
local levels = require("sluice.levels")

local M = {}

-- Values of each label that some endpoint carries.
local function carried_values(endpoints)
  local values = {}
  for _, endpoint in ipairs(endpoints) do
    for name, own in pairs(endpoint.labels) do
      values[name] = values[name] or {}
      for _, value in ipairs(type(own) == "table" and own or { own }) do values[name][value] = true end
    end
  end
  return values
end

-- Endpoints keep their counters over changes of the configuration as long as address and port stay.
function M.new(data, previous)
  local known = previous and previous.by_key or {}
  local endpoints, by_key = {}, {}
  for i, written in ipairs(data.endpoints) do
    local key = written.address .. ":" .. written.port
    local address = string.find(written.address, ":", 1, true) and "[" .. written.address .. "]" or written.address
    local endpoint = {
      key = key,
      address = address,
      port = written.port,
      shown = address .. ":" .. written.port, -- in the access log
      weight = written.weight,
      labels = written.labels or {},
      zone = written.zone,
      load = known[key] and known[key].load or { active = 0 },
    }
    endpoints[i], by_key[key] = endpoint, endpoint
    if data.slow_start and previous and not known[key] then health.appeared(data.name, key) end
  end
  -- Pools are kept by the table of labels that a route has; they go when the route does.
  data.endpoints, data.by_key, data.pools = endpoints, by_key, setmetatable({}, { __mode = "k" })
  data.carried, data.chosen = carried_values(endpoints), setmetatable({}, { __mode = "k" })
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

-- Whether there is an endpoint with all these labels, healthy or not.
function M.carried_by_any(service, labels)
  for _, endpoint in ipairs(service.endpoints) do
    if carries(endpoint, labels) then return true end
  end
  return false
end

local function level_of(service, endpoint)
  local zones = service.zones
  return zones and (zones.level[endpoint.zone or ""] or #zones.prefer + 1) or 1
end

-- Whether new endpoints have to wait for their first check: not while nobody was asked yet, as at a cold start.
local function wait_for_check(service)
  if not service.checked then return false end
  for _, endpoint in ipairs(service.endpoints) do
    if health.asked(service.name, endpoint.key) then return true end
  end
  return false
end

-- Endpoints with the labels by level, and when one of them that is ejected comes back.
local function sort(service, labels)
  local sorted, back = {}, nil
  local asked_only = wait_for_check(service)
  for i = 1, service.zones and #service.zones.prefer + 1 or 1 do sorted[i] = { all = {}, healthy = {} } end
  for _, endpoint in ipairs(service.endpoints) do
    if not labels or carries(endpoint, labels) then
      local level = sorted[level_of(service, endpoint)]
      level.all[#level.all + 1] = endpoint
      local usable, until_when = health.usable(service.name, endpoint.key, service.checked)
      if asked_only and not health.asked(service.name, endpoint.key) then usable = false end
      if usable then level.healthy[#level.healthy + 1] = endpoint end
      if until_when and (not back or until_when < back) then back = until_when end
    end
  end
  return sorted, back
end

-- Until when one of the endpoints is in its slow start, or nil.
local function warming(service, endpoints, now)
  local window, last = service.slow_start, nil
  if not window then return nil end
  for _, endpoint in ipairs(endpoints) do
    endpoint.since = health.since(service.name, endpoint.key)
    local warm = endpoint.since and endpoint.since + window
    if warm and warm > now and (not last or warm > last) then last = warm end
  end
  return last
end

-- The level of an earlier pool that has the same endpoints. It goes on: its turns, its ring and its table stay as they are.
local function same_level(before, endpoints, warm)
  for _, level in ipairs(before) do
    local same = #level == #endpoints and level.warm == warm
    for i = 1, same and #level or 0 do same = same and level[i] == endpoints[i] end
    if same then return level end
  end
  return nil
end

local function fill(service, labels, version, before)
  local sorted, back = sort(service, labels)
  local now, counts = ngx.now(), {}
  for i, level in ipairs(sorted) do counts[i] = { all = #level.all, healthy = #level.healthy } end
  local zones = service.zones
  local shares, panics = levels.shares(counts, zones and zones.factor or 100, service.panic or 0)
  local pool = { version = version, back = back, levels = {} }
  local upto = 0
  for i, level in ipairs(sorted) do
    if shares[i] > 0 then
      local endpoints = panics[i] and level.all or level.healthy
      local warm = warming(service, endpoints, now)
      endpoints.turn, endpoints.service = 0, service
      endpoints = same_level(before, endpoints, warm) or endpoints
      upto = upto + shares[i]
      endpoints.upto, endpoints.warm = upto, warm
      pool.levels[#pool.levels + 1] = endpoints
      for _, endpoint in ipairs(endpoints) do pool[#pool + 1] = endpoint end
    end
  end
  return pool
end

-- The endpoint with this address (`10.0.0.1:80`, `[::1]:80`) if it has the labels and is healthy, else nil.
function M.usable(service, labels, address)
  local endpoint = service.by_key[(string.gsub(address, "^%[(.*)%]:", "%1:"))]
  if not endpoint or (labels and not carries(endpoint, labels)) then return nil end
  return health.usable(service.name, endpoint.key, service.checked) and endpoint or nil
end

-- The endpoints that may take a request, by level: those with the labels, healthy unless the service panics. Made anew only when health or the
-- service changed, or when the time of an ejected endpoint is over.
function M.pool(service, labels)
  local version = health.version()
  local key = labels or "all"
  local pool = service.pools[key]
  if not pool or pool.version ~= version or (pool.back and ngx.now() >= pool.back) then
    pool = fill(service, labels, version, pool and pool.levels or {})
    service.pools[key] = pool
  end
  return pool
end

return M
