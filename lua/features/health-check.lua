-- Asks every endpoint for its health. One worker of the node asks; the verdict is for all.
local ask = require("sluice.ask")
local ask_grpc = require("sluice.ask_grpc")
local health = require("sluice.health")

local M = {}

local seen = {} -- by service and endpoint: results in a row, and when the next question is due
local running, most = 0, 200 -- questions at once; nginx drops timers above its limit

function M.service(data, node)
  node.checked = true
  local question = data.question
  question.expected = {}
  for _, status in ipairs(question.expect or {}) do question.expected[status] = true end
  if question.type == "grpc" then question.frames = ask_grpc.question(question.authority, question.service) end
  return data
end

-- The first request to the service ends its idle time, for the worker that asks as well.
function M.request(check, ctx)
  if check.busy then return false end
  check.busy = true
  health.set_busy(ctx.service.name)
  return false
end

local function wait(check, name, sick)
  local interval = check.interval
  if not health.is_busy(name) then
    interval = check.idleInterval
  elseif sick then
    interval = check.unhealthyInterval
  end
  return interval * (1 + math.random() * check.jitter / 100) / 1000
end

local function judge(check, name, endpoint, one, good)
  one.good = good and one.good + 1 or 0
  one.bad = good and 0 or one.bad + 1
  -- What another worker found out before still holds; the first answer ever decides at once.
  local known = health.verdict(name, endpoint.key)
  local sick = known
  if known == nil then
    sick = not good
  elseif good and one.good >= check.healthyAfter then
    sick = false
  elseif not good and one.bad >= check.unhealthyAfter then
    sick = true
  end
  if sick ~= known then health.set_sick(name, endpoint.key, sick) end
  one.due, one.turn = ngx.now() + wait(check, name, sick), nil
end

local function run(premature, check, name, endpoint, one, turn)
  if not premature then
    local ok, good = pcall(ask.about, check, endpoint)
    if not ok then ngx.log(ngx.ERR, "the health of ", name, " cannot be asked for: ", good) end
    if one.turn == turn then judge(check, name, endpoint, one, ok and good) end
  end
  running = running - 1
end

local function visit(check, name, endpoint, now)
  local key = name .. "|" .. endpoint.key
  local one = seen[key]
  if not one then
    one = { good = 0, bad = 0, due = 0, service = name, endpoint = endpoint.key }
    seen[key] = one
  end
  one.visited = now
  if one.turn then
    -- A byte now and then keeps a socket busy for as long as it likes.
    if now > one.turn + check.timeout / 1000 + 0.05 then judge(check, name, endpoint, one, false) end
  elseif now >= one.due and running < most then
    one.turn = now
    if ngx.timer.at(0, run, check, name, endpoint, one, now) then running = running + 1 else one.turn = nil end
  end
end

function M.watch(state)
  local now = ngx.now()
  for name, service in pairs(state.services) do
    local check = service.values["health-check"]
    if check then
      for _, endpoint in ipairs(service.endpoints) do visit(check, name, endpoint, now) end
    end
  end
  for key, one in pairs(seen) do
    if one.visited ~= now then
      seen[key] = nil
      health.forget(one.service, one.endpoint)
    end
  end
end

return M
