-- The admin socket: PUT /document, POST /delta, POST /drain, GET /status, GET /metrics, GET /sick. A change is answered when every worker has it, or the answer
-- says which one has not; with `?wait=0` it is answered at once.
local config = require("sluice.config")
local check = require("sluice.check")
local document = require("sluice.document")
local drain = require("sluice.drain")
local health = require("sluice.health")
local lock = require("sluice.lock")
local metrics_text = require("sluice.metrics_text")
local pause = require("sluice.pause")
local slots = require("sluice.slots")
local store = require("sluice.store")

local dict = ngx.shared.sl_config
local M = {}

local patience = 2 -- seconds to wait for workers
local fold_after = 1000 -- deltas after which the control plane should send a full document

local function answer(status, value)
  ngx.status = status
  ngx.header["Content-Type"] = "application/json"
  ngx.print(document.encode(value))
  return ngx.exit(ngx.HTTP_OK)
end

local function body()
  ngx.req.read_body()
  local text = ngx.req.get_body_data()
  if text then return text end
  local file = ngx.req.get_body_file()
  local handle = file and io.open(file, "rb")
  if not handle then return "" end
  text = handle:read("*a")
  handle:close()
  return text
end

-- Numbers that the workers have applied, by worker; dead workers keep their place until their successor writes.
local function workers()
  local list, slowest = {}, math.huge
  for id = 0, ngx.worker.count() - 1 do
    local number = dict:get("w:" .. id) or 0
    list[#list + 1] = { worker = id, version = dict:get("n:" .. number), number = number, pid = dict:get("p:" .. id) }
    if number < slowest then slowest = number end
  end
  return list, slowest
end

local function wait_for(number)
  local deadline = ngx.now() + patience
  while true do
    local list, slowest = workers()
    if slowest >= number then return true, list end
    if ngx.now() > deadline then return false, list end
    ngx.sleep(0.001)
  end
end

-- `wait`: answer when every worker has acknowledged the change. Without it the answer comes at once: a delta is taken up by the next request
-- of each worker, so none sees the old state, and an idle worker acknowledges with its next look at the shared memory.
local function published(number, version, wait, saved, err)
  local all, list
  if wait then
    all, list = wait_for(number)
  else
    local slowest
    list, slowest = workers()
    all = slowest >= number
  end
  return answer(200, { version = version, applied = all, workers = list, saved = saved or false, problem = not saved and err or nil })
end

local function put(wait)
  local text = body()
  local built, err = config.read(text, config.state(), pause.every_slice())
  if not built then return answer(422, { error = err }) end
  local saved, problem = true, nil
  local number
  number, err = lock.exclusively(function()
    local last = dict:get("v") or 0
    -- The same again changes nothing, unless it takes the place of a document and its deltas.
    if dict:get("n:" .. last) == built.version and dict:get("base") == last then return last end
    local new, wrong = config.publish(text, built.version, true)
    if new then
      config.adopt(built, new)
      saved, problem = store.save(text)
    end
    return new, wrong
  end)
  if not number then return answer(507, { error = err }) end
  return published(number, built.version, wait, saved, problem)
end

local function post(wait)
  local text = body()
  local head, lines = config.read_delta(text)
  if not head then return answer(422, { error = lines }) end
  local saved, problem
  local number, err, status = lock.exclusively(function()
    config.catch_up(true)
    local state = config.state()
    if not state or head.from ~= state.version then return nil, "the delta starts from another version", 409 end
    local sound, wrong = check.delta(state, lines)
    if not sound then return nil, wrong, 422 end
    local new, full = config.publish(text, head.to, false)
    if new then
      config.catch_up(true)
      saved, problem = store.append(text)
    end
    return new, full
  end)
  if not number then return answer(status or 507, { error = err }) end
  return published(number, head.to, wait, saved, problem)
end

local function status()
  local list = workers()
  local number, base = dict:get("v") or 0, dict:get("base") or 0
  return answer(200, {
    version = dict:get("n:" .. number),
    number = number,
    workers = list,
    deltas = number - base,
    fold = number - base >= fold_after,
    open = slots.open(),
    active = drain.active(),
    free = dict:free_space(),
  })
end

-- The endpoints that get no requests now, the first 100; nothing is said when there are none, for Lua knows no empty list.
local function sick()
  local state = config.current()
  local list = state and health.out(state.services, 100) or {}
  return answer(200, { endpoints = list[1] and list or nil })
end

function M.serve()
  local method, path = ngx.req.get_method(), ngx.var.uri
  local wait = ngx.var.arg_wait ~= "0"
  if method == "PUT" and path == "/document" then return put(wait) end
  if method == "POST" and path == "/delta" then return post(wait) end
  if method == "GET" and path == "/status" then return status() end
  if method == "GET" and path == "/sick" then return sick() end
  if method == "GET" and path == "/metrics" then
    ngx.header["Content-Type"] = "text/plain; version=0.0.4"
    return ngx.print(metrics_text.make(config.state()))
  end
  if method == "POST" and path == "/drain" then
    drain.begin()
    return answer(200, { active = drain.active() })
  end
  return answer(404, { error = "there are PUT /document, POST /delta, POST /drain, GET /status, GET /sick and GET /metrics" })
end

return M
