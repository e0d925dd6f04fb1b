-- Lines of the state document → what requests look at. A step never yields, so a worker never sees half a change.
local features = require("sluice.features")
local match = require("sluice.match")
local pause = require("sluice.pause")
local service = require("sluice.service")
local targets = require("sluice.targets")

local M = {}

local function set_of(list)
  local set = {}
  for _, item in ipairs(list) do set[item] = true end
  return set
end

local function split(key)
  local slash = string.find(key, "/", 1, true)
  if not slash then return key, "" end
  return string.sub(key, 1, slash - 1), string.sub(key, slash + 1)
end

local make = {}

function make.replies(state, name, data)
  state.replies[name] = data
end

function make.listener(state, name, data)
  data.name = name
  data.values = features.prepare(state.features, "listener", data.features, data)
  data.hosts = state.hosts[name] or {}
  state.hosts[name] = data.hosts
  state.listeners[name] = data
  state.by_id[data.id] = data
end

function make.service(state, name, data)
  data.name = name
  data.values = features.prepare(state.features, "service", data.features, data)
  data.attempt = features.steps(state.features, "attempt", data.values)
  data.request = features.steps(state.features, "request", data.values)
  data.response = features.steps(state.features, "response", data.values)
  data.done = features.steps(state.features, "done", data.values)
  state.services[name] = service.new(data, state.services[name])
end

function make.route(state, name, data)
  data.name = name
  for _, one in ipairs(data.match) do
    if one.methods then one.methods = set_of(one.methods) end
    one.bare = not (one.methods or one.headers or one.query)
  end
  targets.prepare(data)
  data.values = features.prepare(state.features, "route", data.features, data)
  for _, phase in ipairs({ "action", "target", "request", "attempt", "response" }) do
    data[phase .. "_steps"] = features.steps(state.features, phase, data.values)
  end
  state.routes[name] = data
end

-- Hosts name routes, so they come after all routes.
local function make_host(state, key, data, step)
  local entries = {}
  for i, pair in ipairs(data.entries) do
    local route = state.routes[pair[1]]
    if not route then return nil, key .. " names route " .. tostring(pair[1]) .. ", which is not there" end
    local one = route.match[pair[2] + 1]
    if not one then return nil, key .. " names an alternative of route " .. route.name .. " that is not there" end
    entries[i] = { route = route, match = one }
    step()
  end
  local table = match.index(entries, step)
  table.host, table.guard = data.host, data.guard
  local hosts = state.hosts[data.listener] or {}
  state.hosts[data.listener] = hosts
  hosts[data.host] = table
  return true
end

-- An empty state; the lines of hosts are kept as data, because they are built anew when one of their routes changes.
function M.new()
  return { listeners = {}, by_id = {}, hosts = {}, services = {}, routes = {}, replies = {}, host_lines = {}, versions = {} }
end

-- Takes one line of a new document. Returns true, or nil and what is wrong.
function M.add(state, line)
  local kind, name = split(line.k)
  state.versions[line.k] = line.v
  if kind == "phases" then
    local ok, loaded = pcall(features.load, line.d)
    if not ok then return nil, tostring(loaded) end
    state.features = loaded
  elseif kind == "host" then
    state.host_lines[line.k] = line.d
  elseif make[kind] then
    state.pending = state.pending or {}
    state.pending[#state.pending + 1] = { kind = kind, name = name, data = line.d }
  else
    return nil, "there are no resources of the kind " .. kind
  end
  return true
end

-- Builds what `add` took; `step` is called between resources. Returns the state, or nil and what is wrong.
function M.finish(state, previous, step)
  if not state.features then return nil, "the document has no phases" end
  if previous then state.services = setmetatable({}, { __index = previous.services }) end
  for _, one in ipairs(state.pending or {}) do
    local ok, err = pcall(make[one.kind], state, one.name, one.data)
    if not ok then return nil, one.kind .. "/" .. one.name .. ": " .. tostring(err) end
    step()
  end
  state.pending = nil
  setmetatable(state.services, nil)
  for key, data in pairs(state.host_lines) do
    local ok, err = make_host(state, key, data, step)
    if not ok then return nil, err end
    step()
  end
  local function present(name) return state.services[name] end
  for _, route in pairs(state.routes) do
    local missing = targets.missing(route, present)
    if missing then return nil, "route " .. route.name .. " leads to service " .. missing .. ", which is not there" end
    step()
  end
  return state
end

local drop = {
  listener = function(state, name)
    state.by_id[state.listeners[name].id] = nil
    state.listeners[name], state.hosts[name] = nil, nil
  end,
  service = function(state, name) state.services[name] = nil end,
  route = function(state, name) state.routes[name] = nil end,
  replies = function(state, name) state.replies[name] = nil end,
}

local function affected_hosts(state, routes)
  local keys = {}
  for key, data in pairs(state.host_lines) do
    for _, pair in ipairs(data.entries) do
      if routes[pair[1]] then
        keys[key] = true
        break
      end
    end
  end
  return keys
end

-- Applies the lines of a delta that `check` has found to be sound.
function M.apply(state, lines)
  local routes, hosts, gone = {}, {}, {}
  for _, line in ipairs(lines) do
    local kind, name = split(line.k)
    if line.gone then
      gone[#gone + 1] = { kind = kind, name = name, key = line.k }
      state.versions[line.k] = nil
    else
      state.versions[line.k] = line.v
      if kind == "host" then
        state.host_lines[line.k], hosts[line.k] = line.d, true
      else
        make[kind](state, name, line.d)
        if kind == "route" then routes[name] = true end
      end
    end
  end
  for _, one in ipairs(gone) do
    if one.kind == "host" then
      local data = state.host_lines[one.key]
      state.host_lines[one.key] = nil
      local served = data and state.hosts[data.listener]
      if served then served[data.host] = nil end
    elseif drop[one.kind] then
      drop[one.kind](state, one.name)
    end
  end
  if next(routes) then
    for key in pairs(affected_hosts(state, routes)) do hosts[key] = true end
  end
  for key in pairs(hosts) do
    if state.host_lines[key] then assert(make_host(state, key, state.host_lines[key], pause.never)) end
  end
end

return M
