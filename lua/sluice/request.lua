-- The access phase of a listener: read, refuse or route, then let features act and hand the request to its service.
local config = require("sluice.config")
local features = require("sluice.features")
local forward = require("sluice.forward")
local host = require("sluice.host")
local hygiene = require("sluice.hygiene")
local match = require("sluice.match")
local path = require("sluice.path")
local reply = require("sluice.reply")
local request_id = require("sluice.request_id")
local slots = require("sluice.slots")
local re_find = ngx.re.find
local byte, find, sub = string.byte, string.find, string.sub

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

-- A request line as nearly all are: a path that normalisation would not change, with no escape, parameter or odd byte, and one of the protocols
-- that are served. What it does not match is looked at piece by piece.
local usual = [[\A[A-Z]{1,32} ((?:/[A-Za-z0-9_~!$&'()*+,=:@-][A-Za-z0-9._~!$&'()*+,=:@-]*)*/?)(?:\?[!-"$-~]*)? HTTP/(?:1\.1|2\.0)\z]]

-- The line and where its path is; no place when it is not a usual one. The methods of HTTP/2 are anything, as on the Envoy engine.
local function usual_line()
  local line = ngx.var.request
  local from, to = re_find(line, usual, "jo", nil, 1)
  if not from or to < from or not methods[sub(line, 1, from - 2)] then return line, nil end
  return line, from, to
end

local function usual_request(line, from, to, headers)
  local authority, agent = headers.host, headers["user-agent"]
  local plain = hygiene.is_plain(authority) and (agent == nil or (type(agent) == "string" and hygiene.is_plain(agent)))
  return {
    path = sub(line, from, to),
    query = to < #line - 9 and sub(line, to + 2, -10),
    headers = headers,
    authority = authority,
    host = host.of(authority),
    method = sub(line, 1, from - 2),
    clean = true,
    plain = plain,
  }
end

-- LuaJIT gives up on a function that meets a loop, so what comes before and after the loop over the headers stands in functions of their own.
local function read_usual(listener)
  local line, from, to = usual_line()
  if not from then return false end
  local headers, refusal = hygiene.headers(listener)
  if not headers then return nil, refusal end
  if not headers.host or find(headers.host, ",", 1, true) or not host.valid(headers.host) then return false end
  local request = usual_request(line, from, to, headers)
  return request
end

-- Whether a request line with a whole address names a scheme that this listener does not speak.
local function foreign_scheme(var)
  local scheme = string.match(var.request or "", "^%S+ (%a[%w+.-]*)://")
  if not scheme then return false end
  scheme = string.lower(scheme)
  return scheme ~= "http" and scheme ~= var.scheme
end

local function read_any(listener)
  local var = ngx.var
  if foreign_scheme(var) then return nil, "bad-request" end
  -- `GET http://host?x` has no path: Envoy answers this before it looks at routes.
  if byte(var.request_uri) == 63 then return nil, "not-found" end
  local normal, query = path.normalise(var.request_uri)
  if not normal then return nil, "bad-request" end
  local protocol = var.server_protocol
  if protocol ~= "HTTP/1.1" and protocol ~= "HTTP/2.0" then return nil, "upgrade-required" end
  local method = ngx.req.get_method()
  if protocol == "HTTP/1.1" and not methods[method] then return nil, "bad-request" end
  local headers, refusal = hygiene.headers(listener)
  if not headers then return nil, refusal end
  local authority = authority_of(headers, var.host)
  if find(authority, ",", 1, true) or not host.valid(authority) then return nil, "bad-request" end
  return { path = normal, query = query, headers = headers, authority = authority, host = host.of(authority), method = method }
end

-- What was asked, or nil and the code of the refusal.
local function read(listener)
  if listener.trustedHops > 0 then ngx.var.sl_front_proto = ngx.var.http_x_forwarded_proto end
  local request, refusal = read_usual(listener)
  if request == false then return read_any(listener) end
  return request, refusal
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
  if request.clean or not guard or not (find(request.path, ";", 1, true) or find(request.path, "%20", 1, true)) then return false end
  return re_find(request.path, guard, "jo") ~= nil
end

-- `id` is the listener's name in nginx.conf.
function M.access(id)
  local state = config.current()
  local listener = state and state.by_id[id]
  if not listener then return reply.send("json", "service-unavailable") end
  local format = listener.errorFormat
  request_id.give()
  local request, refusal = read(listener)
  if not request then return reply.send(format, refusal) end
  if listener.redirect then return to_listener(listener.redirect, request) end
  local table = host.table_of(listener, request.host, state.version)
  if not table then return reply.send(format, "route-not-found") end
  if guarded(table, request) then return reply.send(format, "bad-request") end
  local entry = match.find(table, request)
  if not entry then return reply.send(format, "route-not-found") end
  local route = entry.route
  local ctx = { listener = listener, request = request, route = route, match = entry.match, state = state }
  slots.keep(ctx)
  if route.action_steps and features.run(route.action_steps, ctx) then return end
  return forward.send(ctx)
end

return M
