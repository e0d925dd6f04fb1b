-- Stops sending to a service that keeps failing. After a while a few probes, and no more than that over all workers, decide whether it is back.
local answer = require("sluice.answer")
local circuit = require("sluice.circuit")
local outcome = require("sluice.outcome")
local reply = require("sluice.reply")

local M = {}

-- Times come in milliseconds; the dict counts seconds.
function M.service(data, node)
  local respond = data.fallback and data.fallback.respond
  if respond and respond.body64 then respond.body = ngx.decode_base64(respond.body64) end
  return {
    name = node.name,
    key = "s:" .. node.name,
    failures = data.failures,
    errorRate = data.errorRate,
    minRequests = data.minRequests,
    within = data.within / 1000,
    openFor = data.openFor / 1000,
    probes = data.probes,
    successes = data.successes,
    respond = respond,
    instead = data.fallback and data.fallback.service,
  }
end

-- Answers for the service, or sends the request to the one that stands in for it.
local function refuse(breaker, ctx, generation)
  if breaker.instead then
    ctx.instead = breaker.instead
    return true
  end
  if breaker.respond and not reply.is_grpc() then
    answer.send(breaker.respond)
    return true
  end
  reply.send(ctx.listener.errorFormat, "service-overloaded", math.max(1, math.ceil(circuit.left(breaker, generation))))
  return true
end

function M.request(breaker, ctx)
  local generation, state = circuit.read(breaker)
  if state ~= circuit.closed and circuit.left(breaker, generation) <= 0 then
    circuit.change(breaker, generation, circuit.half_open, breaker.openFor)
    generation, state = circuit.read(breaker)
  end
  if state == circuit.open then return refuse(breaker, ctx, generation) end
  if state == circuit.half_open then
    if not circuit.take_probe(breaker, generation, breaker.probes) then return refuse(breaker, ctx, generation) end
    ctx.probe, ctx.once = true, true
  end
  ctx.circuit = generation
  return false
end

-- Whether the last attempt failed; nil when there was none, or when the client went away before it ended.
local function result(ctx)
  local last = ctx.tries and ctx.tries[#ctx.tries]
  if not last or last.aborted then return nil end
  return outcome.failed(last) and true or false
end

local function probed(breaker, ctx, generation)
  local failed = result(ctx)
  if failed == nil then return circuit.return_probe(breaker, generation) end
  local count = circuit.note_probe(breaker, generation, not failed)
  if failed and count > breaker.probes - breaker.successes then
    circuit.change(breaker, generation, circuit.open, breaker.openFor)
  elseif not failed and count >= breaker.successes then
    circuit.change(breaker, generation, circuit.closed)
  end
end

local function note(breaker, try, generation)
  if try.aborted or not circuit.note(breaker, generation, (outcome.failed(try))) then return false end
  circuit.change(breaker, generation, circuit.open, breaker.openFor)
  return true
end

local function note_from(breaker, ctx, at, generation)
  for i = at, #ctx.tries do
    if note(breaker, ctx.tries[i], generation) then return end
  end
end

function M.done(breaker, ctx)
  local generation = ctx.circuit
  if not generation or generation ~= circuit.read(breaker) then return end
  if ctx.probe then return probed(breaker, ctx, generation) end
  local tries = ctx.tries
  if not tries or not tries[1] then return end
  if note(breaker, tries[1], generation) or not tries[2] then return end
  note_from(breaker, ctx, 2, generation)
end

return M
