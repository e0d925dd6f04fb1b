-- Conditions on methods, headers and query parameters: the same decisions as src/model/match.ts.
local re_find = ngx.re.find
local find, sub, gsub, gmatch = string.find, string.sub, string.gsub, string.gmatch
local concat = table.concat

local M = {}

-- Headers that Envoy keeps as one value: repeated ones are joined with a comma, empty ones left out.
local joined = {}
for name in gmatch([[
  accept accept-encoding access-control-request-headers access-control-request-method authorization cache-control content-encoding
  content-type expect grpc-accept-encoding grpc-timeout if-match if-modified-since if-none-match if-range if-unmodified-since origin
  pragma referer user-agent via x-client-trace-id x-forwarded-for
]], "%S+") do joined[name] = true end

local function fits(condition, value)
  local type = condition.type
  if type == "exact" then return value == condition.value end
  if type == "prefix" then return sub(value, 1, #condition.value) == condition.value end
  local from, _, err = re_find(value, condition.value, "jo")
  if err then error("a regular expression took too long: " .. err) end
  return from ~= nil
end

local function joined_value(values)
  local kept = {}
  for _, value in ipairs(values) do
    if value ~= "" then kept[#kept + 1] = value end
  end
  return concat(kept, ",")
end

local function header_holds(condition, request)
  local name = condition.name
  local value = request.headers[name]
  if name == "host" or name == ":authority" then
    value = gsub(request.authority, "%.(:?%d*)$", "%1")
  end
  if condition.type == "present" then return (value ~= nil) == condition.value end
  if value == nil then return false end
  if type(value) ~= "table" then return fits(condition, value) end
  if joined[name] then return fits(condition, joined_value(value)) end
  for _, one in ipairs(value) do
    if fits(condition, one) then return true end
  end
  return false
end

-- The first value of a parameter, not decoded; nil when it is not there.
function M.query_value(query, name)
  if not query then return nil end
  for pair in gmatch(query .. "&", "([^&]*)&") do
    local equals = find(pair, "=", 1, true)
    if (equals and sub(pair, 1, equals - 1) or pair) == name then return equals and sub(pair, equals + 1) or "" end
  end
  return nil
end

local function parameter_holds(condition, query)
  local value = M.query_value(query, condition.name)
  if condition.type == "present" then return (value ~= nil) == condition.value end
  return value ~= nil and fits(condition, value)
end

-- Whether everything but the path fits. `request` has method, headers (names in lower case), authority and query.
function M.hold(match, request)
  if match.methods and not match.methods[request.method] then return false end
  if match.headers then
    for _, condition in ipairs(match.headers) do
      if not header_holds(condition, request) then return false end
    end
  end
  if match.query then
    for _, condition in ipairs(match.query) do
      if not parameter_holds(condition, request.query) then return false end
    end
  end
  return true
end

return M
