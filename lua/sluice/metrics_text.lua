-- What `metrics` has counted, as Prometheus reads it. https://prometheus.io/docs/instrumenting/exposition_formats
local counts = require("sluice.counts")
local metrics = require("sluice.metrics")
local pause = require("sluice.pause")
local dict = ngx.shared.sl_metrics

local M = {}

local escapes = { ["\\"] = "\\\\", ['"'] = '\\"', ["\n"] = "\\n" }

local function quoted(text)
  return '"' .. string.gsub(text, '[\\"\n]', escapes) .. '"'
end

local function labels(route, service)
  return "{route=" .. quoted(route) .. ",service=" .. quoted(service)
end

-- What stands in the shared memory, by labels.
local function collect(step)
  local series, names = {}, {}
  for _, key in ipairs(dict:get_keys(0)) do
    local kind, route, service, last = string.match(key, "^(%a)|([^|]*)|([^|]*)|(.*)$")
    local value = kind and dict:get(key)
    if value then
      local name = labels(route, service)
      local one = series[name]
      if not one then
        one = { c = {}, b = {}, sum = 0 }
        series[name], names[#names + 1] = one, name
      end
      if kind == "s" then one.sum = value else one[kind][tonumber(last)] = value end
    end
    step()
  end
  table.sort(names)
  return series, names
end

local function histogram(lines, name, one)
  local total = 0
  for i, upper in ipairs(metrics.buckets) do
    total = total + (one.b[i] or 0)
    lines[#lines + 1] = "sluice_request_duration_seconds_bucket" .. name .. ',le="' .. upper .. '"} ' .. total
  end
  total = total + (one.b[#metrics.buckets + 1] or 0)
  lines[#lines + 1] = "sluice_request_duration_seconds_bucket" .. name .. ',le="+Inf"} ' .. total
  lines[#lines + 1] = "sluice_request_duration_seconds_sum" .. name .. "} " .. one.sum
  lines[#lines + 1] = "sluice_request_duration_seconds_count" .. name .. "} " .. total
end

-- Calls of routes that are counted apart.
local function deprecated(lines, state)
  local found, names = counts.of("deprecated", state and state.routes or {}), {}
  for name in pairs(found) do names[#names + 1] = name end
  table.sort(names)
  lines[#lines + 1] = "# HELP sluice_deprecated_calls_total Requests to routes whose API version is deprecated."
  lines[#lines + 1] = "# TYPE sluice_deprecated_calls_total counter"
  for _, name in ipairs(names) do lines[#lines + 1] = "sluice_deprecated_calls_total{route=" .. quoted(name) .. "} " .. found[name] end
end

-- The text. What other workers have counted in the last second is missing; deprecated calls are whole.
function M.make(state)
  metrics.flush()
  local step = pause.every_slice()
  local series, names = collect(step)
  local lines = { "# HELP sluice_requests_total Requests that have ended.", "# TYPE sluice_requests_total counter" }
  for _, name in ipairs(names) do
    for status, value in pairs(series[name].c) do lines[#lines + 1] = "sluice_requests_total" .. name .. ',status="' .. status .. '"} ' .. value end
    step()
  end
  lines[#lines + 1] = "# HELP sluice_request_duration_seconds From the first byte of a request to the last of its answer."
  lines[#lines + 1] = "# TYPE sluice_request_duration_seconds histogram"
  for _, name in ipairs(names) do
    histogram(lines, name, series[name])
    step()
  end
  deprecated(lines, state)
  return table.concat(lines, "\n") .. "\n"
end

return M
