-- How the next endpoint is chosen. A pool is a list of endpoints that is made anew when one joins, leaves or changes.
local rings = require("sluice.rings")
local random = math.random

local M = {}

local function equal_weights(pool)
  if pool.equal == nil then
    pool.equal = true
    for i = 2, #pool do pool.equal = pool.equal and pool[i].weight == pool[1].weight end
  end
  return pool.equal
end

-- Smooth weighted round robin: an endpoint's turn grows by its weight, the highest is taken and set back by the sum.
local function weighted(pool)
  local turns = pool.turns
  if not turns then
    turns = {}
    for i = 1, #pool do turns[i] = 0 end
    pool.turns = turns
  end
  local total, best = 0, 1
  for i = 1, #pool do
    local weight = pool[i].weight
    total = total + weight
    turns[i] = turns[i] + weight
    if turns[i] > turns[best] then best = i end
  end
  turns[best] = turns[best] - total
  return pool[best]
end

local strategies = {}

strategies["round-robin"] = function(pool)
  if not equal_weights(pool) then return weighted(pool) end
  local turn = pool.turn
  if turn == 0 then turn = random(#pool) end -- workers do not all begin with the first
  turn = turn % #pool + 1
  pool.turn = turn
  return pool[turn]
end

strategies.random = function(pool)
  return pool[random(#pool)]
end

-- The less busy of two random ones, in proportion to their weights.
strategies["least-request"] = function(pool)
  local n = #pool
  local first = random(n)
  local second = random(n - 1)
  if second >= first then second = second + 1 end
  local a, b = pool[first], pool[second]
  if (a.load.active + 1) / a.weight <= (b.load.active + 1) / b.weight then return a end
  return b
end

strategies["ring-hash"] = function(pool, hash)
  if not hash then return pool[random(#pool)] end
  pool.ring = pool.ring or rings.ring(pool)
  return rings.on_ring(pool.ring, hash)
end

strategies.maglev = function(pool, hash)
  if not hash then return pool[random(#pool)] end
  pool.table = pool.table or rings.maglev(pool)
  return rings.in_table(pool.table, hash)
end

-- An endpoint of a pool that is not empty; `hash` is the text that picks it for the strategies that hash.
function M.choose(strategy, pool, hash)
  if #pool == 1 then return pool[1] end
  return strategies[strategy or "round-robin"](pool, hash)
end

return M
