-- Hosts and the patterns that serve them: the same decisions as src/model/host.ts.
local find, sub, lower, byte = string.find, string.sub, string.lower, string.byte

local hygiene = require("sluice.hygiene")
local memo = require("sluice.memo")

local M = {}

local function host_of(authority)
  local host = authority
  local colon = find(authority, ":[^:%]]*$")
  if colon then host = sub(authority, 1, colon - 1) end
  if byte(host, -1) == 46 then host = sub(host, 1, -2) end
  return lower(host)
end

-- Host of an authority as it is compared: lower case, without the port and without a dot at the end.
M.of = memo.of(host_of, 2000)

-- The authority without the dot at the end of its name, as Envoy hands it on.
M.without_dot = memo.of(function(authority)
  return (string.gsub(string.gsub(authority, "%.$", ""), "%.(:%d*)$", "%1"))
end, 2000)

local most = 2000 -- hosts remembered of each listener

-- The same as `serving`, remembered as long as the state does not change.
function M.table_of(listener, host, version)
  if listener.seen_in ~= version or listener.seen_count > most then listener.seen, listener.seen_count, listener.seen_in = {}, 0, version end
  local found = listener.seen[host]
  if found == nil then
    found = M.serving(listener.hosts, host) or false
    listener.seen[host], listener.seen_count = found, listener.seen_count + 1
  end
  return found
end

-- Whether the authority has only characters that one may have: what Envoy asks as well.
M.valid = memo.of(function(authority)
  return find(authority, "^[%w%-._~!$&'()*+,;=:@%%%[%]]*$") ~= nil
end, 2000)

-- All that is asked of the authority of nearly every request: its host; whether it is one valid name; whether it ends in a dot; whether it can stand
-- in a line of the access log as it is.
M.about = memo.of(function(authority)
  return {
    host = host_of(authority),
    single = M.valid(authority) and not find(authority, ",", 1, true),
    dotted = M.without_dot(authority) ~= authority,
    plain = hygiene.is_plain(authority),
  }
end, 2000)

-- The entry of `by_host` that serves the host: its exact name, else the longest wildcard, else `*`.
function M.serving(by_host, host)
  local found = by_host[host]
  if found and host ~= "*" then return found end
  local name = byte(host) == 42 and sub(host, 2) or host
  local dot = find(name, ".", 2, true)
  while dot do
    found = by_host["*" .. sub(name, dot)]
    if found then return found end
    dot = find(name, ".", dot + 1, true)
  end
  return by_host["*"]
end

return M
