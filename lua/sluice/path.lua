-- The path as routes see it and as it is forwarded: the same decisions as src/model/path.ts and src/model/guard.ts.
local regex = require("sluice.regex")
local find, sub, byte, gsub, lower = string.find, string.sub, string.byte, string.gsub, string.lower
local concat = table.concat
local char = string.char

local M = {}

-- A path that normalisation would not change: no empty or dotted segment, no escape, parameter or odd byte.
local clean = regex.compile([[\A(?=/)(?:/[A-Za-z0-9_~!$&'()*+,=:@-][A-Za-z0-9._~!$&'()*+,=:@-]*+)*+/?(?:\?[!-"$-~]*+)?\z]])

local function is_hex(text)
  return find(text, "^%x%x$") ~= nil
end

local function escape(c)
  return string.format("%%%02X", byte(c))
end

-- Decodes escapes of unreserved characters; where that would complete an escape that was invalid before, its percent sign is escaped.
local function canonical_escapes(segment)
  local out = ""
  local percent = -2 -- index of the last percent sign in `out` that began no escape
  local at = 1
  while at <= #segment do
    local c = sub(segment, at, at)
    if c ~= "%" then
      out = out .. c
    elseif not is_hex(sub(segment, at + 1, at + 2)) then
      percent = #out + 1
      out = out .. c
    else
      local text = sub(segment, at, at + 2)
      local decoded = char(tonumber(sub(text, 2), 16))
      at = at + 2
      local plain = find(decoded, "^[A-Za-z0-9._~-]$") ~= nil
      out = out .. (plain and decoded or text)
      if plain and percent > 0 and #out + 1 - percent <= 3 and is_hex(sub(sub(out, percent + 1) .. sub(segment, at + 1, at + 1), 1, 2)) then
        out = sub(out, 1, percent - 1) .. "%25" .. sub(out, percent + 1)
      end
    end
    at = at + 1
  end
  return out
end

local function canonical(segment)
  if not find(segment, "%", 1, true) then return (gsub(segment, '[|<>"{}^`]', escape)) end
  return (gsub(canonical_escapes(segment), '[|<>"{}^`]', escape))
end

-- Removes dot segments. Empty segments count, because slashes are merged only afterwards.
local function resolve_dots(path)
  local kept, n = {}, 0
  local at, length = 2, #path
  while true do
    local slash = find(path, "[/\\]", at)
    local segment = canonical(sub(path, at, slash and slash - 1 or length))
    if segment == ".." then
      if n > 0 then n = n - 1 end
    elseif segment ~= "." then
      n = n + 1
      kept[n] = segment
    end
    if not slash then
      if segment == ".." or segment == "." then
        n = n + 1
        kept[n] = ""
      end
      return "/" .. concat(kept, "/", 1, n)
    end
    at = slash + 1
  end
end

local function guarded(path)
  if find(path, "%", 1, true) then
    if find(path, "%%%X") or find(path, "%%%x%X") or find(path, "%%$") or find(path, "%%%x$") then
      return "the path has an invalid percent escape"
    end
    if find(path, "%%[01]%x") or find(path, "%%7[Ff]") then return "the path has an encoded control character" end
    if find(path, "%%[Cc][01]") or find(path, "%%[Ff][5-9A-Fa-f]") then return "the path has an escape that is never UTF-8" end
  end
  if find(path, "/%.%.?;") then return "the path has a dot segment with a parameter" end
  return nil
end

local function normalise(raw)
  if byte(raw) ~= 47 then return nil, "the path does not begin with /" end
  if find(raw, "#", 1, true) then return nil, "the path has a fragment" end
  if find(raw, "[^!-~]") then return nil, "the path has a byte that must be percent-encoded" end
  local mark = find(raw, "?", 1, true)
  local path = mark and sub(raw, 1, mark - 1) or raw
  local folded = lower(path)
  if find(folded, "%2f", 1, true) or find(folded, "%5c", 1, true) then return nil, "the path has an encoded slash" end
  if find(path, "%00", 1, true) then return nil, "the path has an encoded zero byte" end
  path = gsub(path, "(/%.%.?);[^/]*", "%1")
  path = resolve_dots(path)
  path = find(path, "^//+$") and "//" or gsub(path, "//+", "/")
  local reason = guarded(path)
  if reason then return nil, reason end
  return path, mark and sub(raw, mark + 1)
end

local unchanged = regex.compile([[\A(?:/[A-Za-z0-9._~!$&'()*+,=:@-]*+)++\z]])

-- Whether nginx writes the path as it stands here.
function M.is_clean(text)
  return regex.matches(unchanged, text, #text)
end

-- Path and query (false when there is none), or nil and why the request is refused.
function M.normalise(raw)
  if regex.matches(clean, raw, #raw) then
    local mark = find(raw, "?", 1, true)
    if mark then return sub(raw, 1, mark - 1), sub(raw, mark + 1) end
    return raw, false
  end
  return normalise(raw)
end

return M
