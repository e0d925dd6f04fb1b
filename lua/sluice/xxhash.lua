-- XXH64 with seed 0, the hash by which Envoy chooses among the targets of a route: both engines send equal values to the same target.
-- https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md
local bit = require("bit")
local ffi = require("ffi")
local bxor, rol, rshift = bit.bxor, bit.rol, bit.rshift

local p1, p2, p3 = 11400714785074694791ULL, 14029467366897019727ULL, 1609587929392839161ULL
local p4, p5 = 9650029242287828579ULL, 2870177450012600261ULL

local words, halves = ffi.typeof("const uint64_t *"), ffi.typeof("const uint32_t *")
local bytes = ffi.typeof("const uint8_t *")

local M = {}

local function round(value, input)
  return rol(value + input * p2, 31) * p1
end

local function merge(hash, value)
  return bxor(hash, round(0ULL, value)) * p1 + p4
end

local function stripes(data, length)
  local a, b, c, d = p1 + p2, p2, 0ULL, 0ULL - p1
  local at = 0
  while at + 32 <= length do
    local word = ffi.cast(words, data + at)
    a, b, c, d = round(a, word[0]), round(b, word[1]), round(c, word[2]), round(d, word[3])
    at = at + 32
  end
  local hash = rol(a, 1) + rol(b, 7) + rol(c, 12) + rol(d, 18)
  return merge(merge(merge(merge(hash, a), b), c), d), at
end

-- The hash of a text, as an unsigned number of 64 bits.
function M.hash(text)
  local data, length, at = ffi.cast(bytes, text), #text, 0
  local hash = p5
  if length >= 32 then hash, at = stripes(data, length) end
  hash = hash + ffi.cast("uint64_t", length)
  while at + 8 <= length do
    hash = rol(bxor(hash, round(0ULL, ffi.cast(words, data + at)[0])), 27) * p1 + p4
    at = at + 8
  end
  if at + 4 <= length then
    hash = rol(bxor(hash, ffi.cast("uint64_t", ffi.cast(halves, data + at)[0]) * p1), 23) * p2 + p3
    at = at + 4
  end
  while at < length do
    hash = rol(bxor(hash, ffi.cast("uint64_t", data[at]) * p5), 11) * p1
    at = at + 1
  end
  hash = bxor(hash, rshift(hash, 33)) * p2
  hash = bxor(hash, rshift(hash, 29)) * p3
  return bxor(hash, rshift(hash, 32))
end

-- A number from 0 to below `total`, the same for equal texts.
function M.share(text, total)
  return tonumber(M.hash(text) % total)
end

return M
