-- How the next endpoint is chosen. A level of a pool is a list of endpoints that is made anew when one joins, leaves or changes.
-- Steps per pick with n endpoints: round-robin 1, random 1, least-request its choices; with unequal weights both log2(n);
-- ring-hash log2(points), maglev 1.
local rings = require("sluice.rings")
local turns = require("sluice.turns")
local random = math.random
local max = math.max

local M = {}

local least_share = 0.1 -- of its weight that an endpoint has at the beginning of its slow start

local function equal_weights(level)
  if level.equal == nil then
    level.equal = true
    for i = 2, #level do level.equal = level.equal and level[i].weight == level[1].weight end
  end
  return level.equal
end

-- Whether all endpoints count the same now; while one is in its slow start they do not.
local function equal(level)
  if level.warm then
    if ngx.now() < level.warm then return false end
    level.warm, level.heap = nil, nil
  end
  return equal_weights(level)
end

-- Weight of an endpoint now: it grows in a straight line over the slow start.
local function weight_now(endpoint, service)
  local since, window = endpoint.since, service.slow_start
  local age = since and window and ngx.now() - since
  if not age or age >= window then return endpoint.weight end
  return endpoint.weight * max(least_share, age / window)
end

local function by_turns(level, weight)
  local heap = level.heap
  if not heap then
    heap = turns.new(level, weight)
    level.heap = heap
  end
  return turns.next(heap, weight)
end

-- Functions of the endpoint alone, made once for a level.
local function weigher(level, make)
  level.weight = level.weight or make(level.service)
  return level.weight
end

local function by_weight(service)
  return function(endpoint) return weight_now(endpoint, service) end
end

local function by_free_weight(service)
  return function(endpoint) return weight_now(endpoint, service) / (endpoint.load.active + 1) end
end

local strategies = {}

strategies["round-robin"] = function(level)
  if not equal(level) then return by_turns(level, weigher(level, by_weight)) end
  local turn = level.turn
  if turn == 0 then turn = random(#level) end -- workers do not all begin with the first
  turn = turn % #level + 1
  level.turn = turn
  return level[turn]
end

strategies.random = function(level)
  return level[random(#level)]
end

-- The least busy of some random ones; with unequal weights each has its turns by what it weighs per request under way.
strategies["least-request"] = function(level)
  if not equal(level) then return by_turns(level, weigher(level, by_free_weight)) end
  local n = #level
  local first = random(n)
  local best = level[first]
  for choice = 2, level.service.choices or 2 do
    local other = random(choice == 2 and n - 1 or n)
    if choice == 2 and other >= first then other = other + 1 end
    if level[other].load.active < best.load.active then best = level[other] end
  end
  return best
end

-- Weights follow the load that instances report; between two reports the requests under way count.
strategies["peak-load"] = strategies["least-request"]

strategies["ring-hash"] = function(level, hash)
  if not hash then return level[random(#level)] end
  level.ring = level.ring or rings.ring(level)
  return rings.on_ring(level.ring, hash)
end

strategies.maglev = function(level, hash)
  if not hash then return level[random(#level)] end
  level.table = level.table or rings.maglev(level)
  return rings.in_table(level.table, hash)
end

-- The level that a request goes to: by its share, and always the same one for equal texts.
local function level_of(levels, hash)
  if #levels == 1 then return levels[1] end
  local point = hash and rings.percent(hash) or random(0, 99)
  for i = 1, #levels do
    if point < levels[i].upto then return levels[i] end
  end
  return levels[#levels]
end

-- An endpoint of a pool that is not empty; `hash` is the text that picks it for the strategies that hash.
function M.choose(strategy, pool, hash)
  local level = level_of(pool.levels, hash)
  if #level == 1 then return level[1] end
  return strategies[strategy or "round-robin"](level, hash)
end

return M
