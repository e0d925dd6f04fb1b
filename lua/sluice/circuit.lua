-- The circuit of a service, one for all workers of this node: closed, open, half-open. It survives changes of the configuration and reloads.
-- Keys of the shared dict for service <s>; a generation <g> is the time between two changes of state, so results that come late harm nothing:
--   v          number of the last change; it stands in `page` as well
--   s:<s>      generation * 4 + state           u:<s>:<g>  when <g> ends by itself
--   x:<s>:<g>  one worker has ended <g>         f:, t:<s>:<g>:<n>  failed and all attempts in slot <n> of the window
--   p:<s>:<g>  probes that are out or came back; o:, b:<s>:<g>  good and bad ones
local page = require("sluice.page")
local dict = ngx.shared.sl_circuit
local words, number = page.words, page.circuit
local now = ngx.now

local M = { closed = 0, open = 1, half_open = 2 }

local names = { [0] = "closed", "open", "half-open" }
local slots = 10 -- of the window
local keep = 60 -- seconds that counters outlive their time

-- Tells all workers that some circuit has changed.
local function changed()
  words[number] = dict:incr("v", 1, 0) or words[number] + 1
end

-- The predecessor of a worker may have been killed before it could tell.
M.tell = changed

local function read(circuit)
  local packed = dict:get(circuit.key)
  if not packed then return 0, M.closed end
  local state = packed % 4
  return (packed - state) / 4, state
end

-- The present generation and state; asked for again when some circuit has changed since.
function M.read(circuit)
  local version = words[number]
  if circuit.seen ~= version then
    circuit.generation, circuit.state = read(circuit)
    circuit.seen = version
  end
  return circuit.generation, circuit.state
end

-- Ends a generation. Every worker may try; the one that adds the key does it. The time stands in the first generation, so that
-- nothing of before is mistaken for new when the memory was full and lost the state.
function M.change(circuit, generation, state, seconds)
  local name = circuit.name
  if not dict:add("x:" .. name .. ":" .. generation, true, 10) then return end
  local fresh = generation == 0 and math.floor(now() * 1000) or generation + 1
  if seconds then dict:set("u:" .. name .. ":" .. fresh, now() + seconds, seconds + keep) end
  dict:set(circuit.key, fresh * 4 + state)
  changed()
  ngx.log(ngx.WARN, "the circuit of service ", name, " is ", names[state])
end

-- Seconds until the generation ends by itself; none are left when its time is unknown.
function M.left(circuit, generation)
  return (dict:get("u:" .. circuit.name .. ":" .. generation) or 0) - now()
end

-- Takes one of the `most` places for probes of this generation. Those in vain are given back at once: never more than `most` are out.
function M.take_probe(circuit, generation, most)
  local key = "p:" .. circuit.name .. ":" .. generation
  local out = dict:incr(key, 1, 0, circuit.openFor + keep)
  if out and out <= most then return true end
  dict:incr(key, -1)
  return false
end

-- A probe that told nothing gives its place to another one.
function M.return_probe(circuit, generation)
  dict:incr("p:" .. circuit.name .. ":" .. generation, -1)
end

-- Counts the result of a probe; how many of its kind there are now.
function M.note_probe(circuit, generation, good)
  return dict:incr((good and "o:" or "b:") .. circuit.name .. ":" .. generation, 1, 0, circuit.openFor + keep) or 0
end

local function sum(prefix, last)
  local total = 0
  for slot = last - slots + 1, last do total = total + (dict:get(prefix .. slot) or 0) end
  return total
end

-- Counts an attempt in the window; true when the circuit has to open.
function M.note(circuit, generation, failed)
  if not failed and not circuit.errorRate then return false end
  local of = circuit.name .. ":" .. generation .. ":"
  local slot = math.floor(now() * slots / circuit.within)
  if circuit.errorRate then dict:incr("t:" .. of .. slot, 1, 0, circuit.within * 2) end
  if not failed then return false end
  dict:incr("f:" .. of .. slot, 1, 0, circuit.within * 2)
  local bad = sum("f:" .. of, slot)
  if circuit.failures and bad >= circuit.failures then return true end
  if not circuit.errorRate then return false end
  local all = sum("t:" .. of, slot)
  return all >= circuit.minRequests and bad * 100 >= circuit.errorRate * all
end

return M
