-- The route of a request: the lowest rank among the candidates. Candidates are found by hashing the path and its prefixes.
local conditions = require("sluice.conditions")
local re_find = ngx.re.find
local find, sub, byte = string.find, string.sub, string.byte

local M = {}

-- Ranks of the entries under each exact path, and under each prefix of whole segments.
function M.index(entries, step)
  local exact, under = {}, {}
  for rank, entry in ipairs(entries) do
    local path = entry.match.path
    local bucket, key = under, path.at or path.path
    if path.type == "exact" then bucket = exact end
    local ranks = bucket[key]
    if ranks then ranks[#ranks + 1] = rank else bucket[key] = { rank } end
    step()
  end
  return { entries = entries, exact = exact, under = under }
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

local function first_of(ranks, best, table, request)
  local entries = table.entries
  for i = 1, #ranks do
    local rank = ranks[i]
    if best and rank >= best then return best end
    local match = entries[rank].match
    if path_fits(match.path, request.path) and (match.bare or conditions.hold(match, request)) then return rank end
  end
  return best
end

-- The entry that takes the request, or nil.
function M.find(table, request)
  local path, under = request.path, table.under
  local ranks = table.exact[path]
  local best = ranks and first_of(ranks, nil, table, request)
  local stop = #path
  while stop > 0 do
    ranks = under[stop == #path and path or sub(path, 1, stop)]
    if ranks then best = first_of(ranks, best, table, request) end
    -- back to the slash before, and leave it out
    repeat
      stop = stop - 1
    until stop <= 0 or byte(path, stop + 1) == 47
  end
  if path ~= "/" then
    ranks = under["/"]
    if ranks then best = first_of(ranks, best, table, request) end
  end
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
