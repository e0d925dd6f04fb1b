-- Asks every endpoint for its health over HTTP. One worker of the node asks; the verdict is for all.
local health = require("sluice.health")

local M = {}

local seen = {} -- by service and endpoint: results in a row, and when the next question is due

function M.service(data, node)
  node.checked = true
  data.expected = {}
  for _, status in ipairs(data.expect) do data.expected[status] = true end
  data.ask = "GET " .. data.path .. " HTTP/1.1\r\nHost: " .. data.host .. "\r\nUser-Agent: sluice-health-check\r\nConnection: close\r\n\r\n"
  return data
end

local function ask(check, endpoint)
  local socket = ngx.socket.tcp()
  socket:settimeout(check.timeout)
  local ok, err = socket:connect(endpoint.address, endpoint.port)
  if not ok then return false, err end
  if check.tls then
    ok, err = socket:sslhandshake(nil, check.tls, false)
    if not ok then return false, err end
  end
  local line
  ok, err = socket:send(check.ask)
  if ok then line, err = socket:receive("*l") end
  socket:close()
  local status = line and tonumber(string.match(line, "^HTTP/1%.[01] (%d%d%d)"))
  return status ~= nil and check.expected[status] == true, err or line
end

local function judge(check, name, endpoint, one, good)
  one.good = good and one.good + 1 or 0
  one.bad = good and 0 or one.bad + 1
  local sick = one.sick
  if one.first then
    sick = not good
  elseif good and one.good >= check.healthyAfter then
    sick = false
  elseif not good and one.bad >= check.unhealthyAfter then
    sick = true
  end
  if one.first or sick ~= one.sick then health.set_sick(name, endpoint.key, sick) end
  one.first, one.sick = false, sick
end

local function run(premature, check, name, endpoint, one)
  if premature then return end
  local ok, good = pcall(ask, check, endpoint)
  judge(check, name, endpoint, one, ok and good)
  one.due = ngx.now() + check.interval / 1000
  one.busy = false
end

local function visit(check, service, endpoint, now)
  local key = service.name .. "|" .. endpoint.key
  local one = seen[key]
  if not one then
    one = { good = 0, bad = 0, first = true, due = 0 }
    seen[key] = one
  end
  one.visited = now
  if one.busy or now < one.due then return end
  one.busy = ngx.timer.at(0, run, check, service.name, endpoint, one) and true or false
end

function M.watch(state)
  local now = ngx.now()
  for _, service in pairs(state.services) do
    local check = service.values["health-check"]
    if check then
      for _, endpoint in ipairs(service.endpoints) do visit(check, service, endpoint, now) end
    end
  end
  for key, one in pairs(seen) do
    if one.visited ~= now and not one.busy then seen[key] = nil end
  end
end

return M
