-- The route of a request: the lowest rank among the candidates. Candidates are found by hashing the path and its prefixes.
local conditions = require("sluice.conditions")
local re_find = ngx.re.find
local find, sub, byte, gsub = string.find, string.sub, string.byte, string.gsub

local M = {}

local function count_slashes(text)
  local _, n = gsub(text, "/", "/")
  return n
end

-- Ranks of the entries under each exact path, and under each prefix of whole segments; `at[n]` says that some prefix has n slashes.
function M.index(entries, step)
  local exact, under, at, deepest = {}, {}, {}, 0
  for rank, entry in ipairs(entries) do
    local path = entry.match.path
    local bucket, key = under, path.at or path.path
    if path.type == "exact" then bucket = exact end
    local ranks = bucket[key]
    if ranks then ranks[#ranks + 1] = rank else bucket[key] = { rank } end
    if bucket == under and key ~= "/" then
      local n = count_slashes(key)
      at[n], deepest = true, n > deepest and n or deepest
    end
    step()
  end
  return { entries = entries, exact = exact, under = under, at = at, deepest = deepest }
end

local function template_fits(segments, path)
  local at = 1
  for i = 1, #segments do
    local segment = segments[i]
    if byte(path, at) ~= 47 then return false end
    if segment.type == "rest" then return true end
    local slash = find(path, "/", at + 1, true)
    local stop = slash or #path + 1
    if segment.type == "literal" then
      if sub(path, at + 1, stop - 1) ~= segment.text then return false end
    elseif stop == at + 1 then
      return false
    end
    at = stop
  end
  return at == #path + 1
end

local function path_fits(condition, path)
  local type = condition.type
  if type == "prefix" or type == "exact" then return true end -- being in the bucket is the proof
  if type == "template" then return template_fits(condition.segments, path) end
  local from, _, err = re_find(path, condition.regex, "jo")
  if err then error("a regular expression took too long: " .. err) end
  return from ~= nil
end

local function takes(table, rank, request)
  local match = table.entries[rank].match
  return path_fits(match.path, request.path) and (match.bare or conditions.hold(match, request))
end

local function first_from(ranks, at, best, table, request)
  for i = at, #ranks do
    local rank = ranks[i]
    if best and rank >= best then return best end
    if takes(table, rank, request) then return rank end
  end
  return best
end

-- The first of the ranks that takes the request, if it is below `best`. LuaJIT does not compile a function that meets a loop.
local function first_of(ranks, best, table, request)
  if not ranks then return best end
  local rank = ranks[1]
  if best and rank >= best then return best end
  if takes(table, rank, request) then return rank end
  rank = ranks[2]
  if not rank or (best and rank >= best) then return best end
  if takes(table, rank, request) then return rank end
  if not ranks[3] then return best end
  return first_from(ranks, 3, best, table, request)
end

-- Prefixes with more than `n` slashes; the one with `n` ends before the slash at `slash` (nil: it is the whole path).
local function deeper(table, request, best, n, slash)
  local path, under = request.path, table.under
  while true do
    if table.at[n] then best = first_of(under[slash and sub(path, 1, slash - 1) or path], best, table, request) end
    if not slash or n >= table.deepest then return best end
    n, slash = n + 1, find(path, "/", slash + 1, true)
  end
end

-- The same, for the first prefixes one by one, without a loop.
local function walk(table, request, best)
  local path, under, at, deepest = request.path, table.under, table.at, table.deepest
  if deepest == 0 then return best end
  local slash = find(path, "/", 2, true)
  if at[1] then best = first_of(under[slash and sub(path, 1, slash - 1) or path], best, table, request) end
  if not slash or deepest == 1 then return best end
  slash = find(path, "/", slash + 1, true)
  if at[2] then best = first_of(under[slash and sub(path, 1, slash - 1) or path], best, table, request) end
  if not slash or deepest == 2 then return best end
  slash = find(path, "/", slash + 1, true)
  if at[3] then best = first_of(under[slash and sub(path, 1, slash - 1) or path], best, table, request) end
  if not slash or deepest == 3 then return best end
  slash = find(path, "/", slash + 1, true)
  if at[4] then best = first_of(under[slash and sub(path, 1, slash - 1) or path], best, table, request) end
  if not slash or deepest == 4 then return best end
  return deeper(table, request, best, 5, find(path, "/", slash + 1, true))
end

-- The entry that takes the request, or nil.
function M.find(table, request)
  local best = first_of(table.exact[request.path], nil, table, request)
  best = first_of(table.under["/"], best, table, request)
  best = walk(table, request, best)
  return best and table.entries[best]
end

-- Values of the variables of a template, still percent-encoded.
function M.parameters(segments, path)
  local values, at = {}, 1
  for i = 1, #segments do
    local segment = segments[i]
    if segment.type == "rest" then
      values[segment.name] = sub(path, at + 1)
      return values
    end
    local stop = find(path, "/", at + 1, true) or #path + 1
    if segment.type == "one" then values[segment.name] = sub(path, at + 1, stop - 1) end
    at = stop
  end
  return values
end

return M
