-- Turns in proportion to weights, in Envoy's order (earliest deadline first): each endpoint is due at a time, the earliest is taken,
-- and the heavier it is the sooner it is due again. A heap, so a pick takes log2(n) steps; a weight is asked for at every pick.
local random = math.random

local M = {}

local function before(heap, a, b)
  local at = heap.at
  if at[a] ~= at[b] then return at[a] < at[b] end
  return heap.order[a] < heap.order[b]
end

local function swap(heap, a, b)
  local at, order, who = heap.at, heap.order, heap.who
  at[a], at[b] = at[b], at[a]
  order[a], order[b] = order[b], order[a]
  who[a], who[b] = who[b], who[a]
end

local function sink(heap, from)
  local n = #heap.who
  while true do
    local least, left = from, from * 2
    if left <= n and before(heap, left, least) then least = left end
    if left < n and before(heap, left + 1, least) then least = left + 1 end
    if least == from then return end
    swap(heap, from, least)
    from = least
  end
end

-- The endpoint whose turn it is; `weight` gives the present weight of one, above 0.
function M.next(heap, weight)
  local chosen, due = heap.who[1], heap.at[1]
  heap.count = heap.count + 1
  heap.at[1] = due + 1 / weight(chosen)
  heap.order[1] = heap.count -- equal ones keep the order in which they became due
  sink(heap, 1)
  return chosen
end

-- Turns of these endpoints. Workers begin at different places, so that not all of them send to the same one first.
function M.new(endpoints, weight)
  local heap = { at = {}, order = {}, who = {}, count = #endpoints }
  for i, endpoint in ipairs(endpoints) do
    heap.at[i], heap.order[i], heap.who[i] = 1 / weight(endpoint), i, endpoint
  end
  for i = math.floor(#endpoints / 2), 1, -1 do sink(heap, i) end
  for _ = 1, random(#endpoints) do M.next(heap, weight) end
  return heap
end

return M
