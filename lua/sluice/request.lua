-- The access phase of a listener: read, refuse or route, then let features act and hand the request to its service.
local config = require("sluice.config")
local features = require("sluice.features")
local forward = require("sluice.forward")
local host = require("sluice.host")
local hygiene = require("sluice.hygiene")
local match = require("sluice.match")
local path = require("sluice.path")
local reply = require("sluice.reply")
local slots = require("sluice.slots")
local re_find = ngx.re.find
local find = string.find

local M = {}

-- Methods that Envoy takes over HTTP/1.1: source/common/http/http1/balsa_parser.cc.
local methods = {}
for name in string.gmatch([[
  ACL BIND CHECKOUT CONNECT COPY DELETE GET HEAD LINK LOCK MERGE MKACTIVITY MKCALENDAR MKCOL MOVE MSEARCH NOTIFY OPTIONS PATCH POST PROPFIND
  PROPPATCH PURGE PUT REBIND REPORT SEARCH SOURCE SUBSCRIBE TRACE UNBIND UNLINK UNLOCK UNSUBSCRIBE ]], "%u+") do methods[name] = true end

-- The authority: that of an absolute request line counts more than the header.
local function authority_of(headers, seen)
  local authority = headers.host or ""
  if host.of(authority) == seen or seen == "_" or seen == "" then return authority end
  local line = ngx.var.request or ""
  return string.match(line, "^%S+ %a[%w+.-]*://([^/?%s]*)") or authority
end

local function read(listener)
  local var = ngx.var
  if listener.trustedHops > 0 then var.sl_front_proto = var.http_x_forwarded_proto end
  local normal, query = path.normalise(var.request_uri)
  if not normal then return nil, "bad-request" end
  local protocol = var.server_protocol
  if protocol ~= "HTTP/1.1" and protocol ~= "HTTP/2.0" then return nil, "upgrade-required" end
  local method = ngx.req.get_method()
  if protocol == "HTTP/1.1" and not methods[method] then return nil, "bad-request" end
  local headers, refusal = hygiene.headers(listener)
  if not headers then return nil, refusal end
  local authority = authority_of(headers, var.host)
  if find(authority, ",", 1, true) then return nil, "bad-request" end
  return { path = normal, query = query, headers = headers, authority = authority, host = host.of(authority), method = method }
end

-- A listener that sends every request to another one keeps host, path and query.
local function to_listener(redirect, request)
  local name = string.gsub(request.authority, ":%d*$", "")
  local query = request.query and "?" .. request.query or ""
  ngx.header["Location"] = redirect.scheme .. "://" .. host.without_dot(name) .. ":" .. redirect.port .. request.path .. query
  ngx.status = 308
  ngx.header["Content-Length"] = 0
  ngx.header["Content-Type"] = ""
  ngx.send_headers()
  return ngx.exit(ngx.HTTP_OK)
end

local function guarded(table, request)
  local guard = table.guard
  if not guard or not (find(request.path, ";", 1, true) or find(request.path, "%20", 1, true)) then return false end
  return re_find(request.path, guard, "jo") ~= nil
end

-- `id` is the listener's name in nginx.conf.
function M.access(id)
  local state = config.current()
  local listener = state and state.by_id[id]
  if not listener then return reply.send("json", "service-unavailable") end
  local format = listener.errorFormat
  ngx.var.sl_listener = listener.name
  local request, refusal = read(listener)
  if not request then return reply.send(format, refusal) end
  if listener.redirect then return to_listener(listener.redirect, request) end
  local table = host.serving(listener.hosts, request.host)
  if not table then return reply.send(format, "route-not-found") end
  if guarded(table, request) then return reply.send(format, "bad-request") end
  local entry = match.find(table, request)
  if not entry then return reply.send(format, "route-not-found") end
  local route = entry.route
  local var = ngx.var
  var.sl_route = route.name
  local ctx = { listener = listener, request = request, route = route, match = entry.match, state = state }
  slots.keep(ctx)
  if route.action_steps and features.run(route.action_steps, ctx) then return end
  var.sl_host = host.without_dot(request.authority)
  return forward.send(ctx)
end

return M
