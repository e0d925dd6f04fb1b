-- Consistent hashing: equal texts go to the same endpoint, and few of them move when an endpoint joins or leaves.
local bit = require("bit")
local md5 = ngx.md5_bin
local byte = string.byte

local M = {}

local points = 40 -- on the ring for a weight of 1

local function number(text, at)
  local a, b, c, d = byte(md5(text), at, at + 3)
  return a * 16777216 + b * 65536 + c * 256 + d
end

function M.ring(pool)
  local ring, least = {}, math.huge
  for _, endpoint in ipairs(pool) do least = math.min(least, endpoint.weight) end
  for _, endpoint in ipairs(pool) do
    for i = 1, math.min(4000, math.floor(points * endpoint.weight / least)) do
      ring[#ring + 1] = { at = number(endpoint.key .. "#" .. i, 1), endpoint = endpoint }
    end
  end
  table.sort(ring, function(a, b)
    if a.at ~= b.at then return a.at < b.at end
    return a.endpoint.key < b.endpoint.key
  end)
  return ring
end

-- The first point at or after the hash of the text.
function M.on_ring(ring, text)
  local wanted = number(text, 1)
  local low, high = 1, #ring
  while low < high do
    local middle = bit.rshift(low + high, 1)
    if ring[middle].at < wanted then low = middle + 1 else high = middle end
  end
  local found = ring[low]
  if found.at < wanted then found = ring[1] end
  return found.endpoint
end

local sizes = { 1021, 4093, 16381, 65521 } -- primes

-- Maglev's table: endpoints take turns, in proportion to their weights, in claiming the next free place of their own order.
-- https://research.google/pubs/maglev-a-fast-and-reliable-software-network-load-balancer
function M.maglev(pool)
  local size = sizes[#sizes]
  for i = #sizes, 1, -1 do
    if sizes[i] >= #pool * 100 then size = sizes[i] end
  end
  local order, most = {}, 0
  for _, endpoint in ipairs(pool) do most = math.max(most, endpoint.weight) end
  for i, endpoint in ipairs(pool) do
    order[i] = { endpoint = endpoint, at = number(endpoint.key, 1) % size, skip = number(endpoint.key, 5) % (size - 1) + 1, credit = 0 }
  end
  table.sort(order, function(a, b) return a.endpoint.key < b.endpoint.key end)
  local places, filled = {}, 0
  while filled < size do
    for _, one in ipairs(order) do
      one.credit = one.credit + one.endpoint.weight
      if one.credit >= most and filled < size then
        one.credit = one.credit - most
        while places[one.at] do one.at = (one.at + one.skip) % size end
        places[one.at] = one.endpoint
        filled = filled + 1
      end
    end
  end
  places.size = size
  return places
end

function M.in_table(places, text)
  return places[number(text, 1) % places.size]
end

-- 0 to 99 by the text, independent of its place on a ring or in a table.
function M.percent(text)
  return number(text, 9) % 100
end

return M
