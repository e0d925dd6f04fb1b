-- Whether a delta leaves every reference intact, before anything is changed.
local features = require("sluice.features")
local targets = require("sluice.targets")

local M = {}

local kinds = { replies = true, listener = true, service = true, route = true, host = true }

-- True, or nil and what is wrong. Looks only at what the delta touches.
function M.delta(state, lines)
  local put, gone = {}, {}
  for _, line in ipairs(lines) do
    local kind = string.match(line.k, "^(%a+)/")
    if not kinds[kind] then return nil, line.k .. " cannot be changed by a delta" end
    if line.gone then
      if not state.versions[line.k] then return nil, line.k .. " is not there" end
      gone[line.k] = true
    else
      put[line.k] = line.d
    end
  end
  local function present(key)
    return put[key] ~= nil or (state.versions[key] ~= nil and not gone[key])
  end
  for key, data in pairs(put) do
    local kind = string.match(key, "^(%a+)/")
    if data.features then
      local ok, err = pcall(features.prepare, state.features, kind, data.features, {})
      if not ok then return nil, key .. ": " .. tostring(err) end
    end
    if kind == "host" then
      if not present("listener/" .. data.listener) then return nil, key .. " belongs to a listener that is not there" end
      for _, pair in ipairs(data.entries) do
        if not present("route/" .. pair[1]) then return nil, key .. " names route " .. pair[1] .. ", which is not there" end
      end
    elseif kind == "route" then
      local missing = targets.missing(data, function(name) return present("service/" .. name) end)
      if missing then return nil, key .. " leads to service " .. missing .. ", which is not there" end
    end
  end
  for key in pairs(gone) do
    local kind, name = string.match(key, "^(%a+)/(.*)$")
    if kind == "service" then
      for _, route in pairs(state.routes) do
        local data = put["route/" .. route.name] or route
        local leads = targets.missing(data, function(target) return target ~= name end)
        if leads and not gone["route/" .. route.name] then return nil, "route " .. route.name .. " still leads to " .. key end
      end
    elseif kind == "route" then
      for host, data in pairs(state.host_lines) do
        if not gone[host] then
          for _, pair in ipairs((put[host] or data).entries) do
            if pair[1] == name then return nil, host .. " still names " .. key end
          end
        end
      end
    end
  end
  return true
end

return M
