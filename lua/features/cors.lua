-- Scripts of other origins: answers preflights, and says on every other answer who may read it. The same answers as Envoy's filter.
local re_find = ngx.re.find

local M = {}

local of_service = {}
for _, name in ipairs({ "Origin", "Credentials", "Methods", "Headers" }) do of_service[#of_service + 1] = "Access-Control-Allow-" .. name end
of_service[#of_service + 1] = "Access-Control-Expose-Headers"
of_service[#of_service + 1] = "Access-Control-Max-Age"

function M.route(data)
  local exact = {}
  for _, origin in ipairs(data.exact) do exact[origin] = true end
  data.exact = exact
  return data
end

-- One text of a header that came once, several times or not at all.
local function text(value)
  if type(value) == "table" then value = table.concat(value, ",") end
  return value ~= "" and value or nil
end

local function allows(cors, origin)
  if cors.any or cors.exact[origin] then return true end
  for _, regex in ipairs(cors.regex) do
    local from, _, err = re_find(origin, regex, "jo")
    if err then error("a regular expression took too long: " .. err) end
    if from then return true end
  end
  return false
end

local function set(header, name, value)
  if value ~= "" then header["Access-Control-" .. name] = value end
end

-- "*" allows what is asked for.
local function allowed(list, asked)
  return list == "*" and text(asked) or list
end

-- A refused origin gets no Allow-Origin, by which a browser knows; the rest is the same.
local function answer_preflight(cors, ctx)
  local header, headers = ngx.header, ctx.request.headers
  ctx.plain = true
  if ctx.origin then set(header, "Allow-Origin", ctx.origin) end
  if cors.credentials then set(header, "Allow-Credentials", "true") end
  set(header, "Allow-Methods", allowed(cors.methods, headers["access-control-request-method"]))
  set(header, "Allow-Headers", allowed(cors.headers, headers["access-control-request-headers"]))
  if ctx.origin then set(header, "Expose-Headers", cors.expose) end
  set(header, "Max-Age", cors.maxAge)
  header["Content-Type"] = ""
  header["Content-Length"] = 0
  ngx.status = 200
  ngx.send_headers()
  ngx.exit(ngx.HTTP_OK)
  return true
end

function M.action(cors, ctx)
  local request = ctx.request
  local origin = text(request.headers.origin)
  if not origin then return false end
  if allows(cors, origin) then ctx.origin = origin end
  if request.method == "OPTIONS" and text(request.headers["access-control-request-method"]) then return answer_preflight(cors, ctx) end
  return false
end

function M.response(cors, ctx)
  local header = ngx.header
  for _, name in ipairs(of_service) do header[name] = nil end
  local vary = header["Vary"]
  if type(vary) == "table" then vary = table.concat(vary, ",") end
  header["Vary"] = vary and vary .. ",Origin" or "Origin"
  if not ctx.origin then return end
  set(header, "Allow-Origin", ctx.origin)
  if cors.credentials then set(header, "Allow-Credentials", "true") end
  set(header, "Expose-Headers", cors.expose)
end

return M
