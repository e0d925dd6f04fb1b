-- The access phase of a listener: read, refuse or route, then let features act and hand the request to its service.
local config = require("sluice.config")
local context = require("sluice.context")
local features = require("sluice.features")
local forward = require("sluice.forward")
local host = require("sluice.host")
local hygiene = require("sluice.hygiene")
local match = require("sluice.match")
local path = require("sluice.path")
local reply = require("sluice.reply")
local regex = require("sluice.regex")
local request_id = require("sluice.request_id")
local slots = require("sluice.slots")
local variable = require("sluice.variable")
local text_of = require("ffi").string
local re_find = ngx.re.find
local byte, find = string.byte, string.find

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
local usual = regex.compile(
  [[\A([A-Z]{1,32}+) ((?:/[A-Za-z0-9_~!$&'()*+,=:@-][A-Za-z0-9._~!$&'()*+,=:@-]*+)*+/?)(?:\?([!-"$-~]*+))? HTTP/(?:1\.1|2\.0)\z]])
local found = usual.captures -- pairs of from and to: all, method, path, query

-- What a line of the access log says of the method, and of the protocol.
local function tag_of(method, protocol)
  return ',"method":"' .. method .. '","protocol":"' .. protocol .. '","duration_s":"'
end
local tags, tags_2 = {}, {}
for name in pairs(methods) do tags[name], tags_2[name] = tag_of(name, "HTTP/1.1"), tag_of(name, "HTTP/2.0") end

-- Without a loop: what LuaJIT compiles as a whole. False when the line is not a usual one. The methods of HTTP/2 are anything, as on the Envoy engine.
local function usual_line()
  local line, length = variable.get("request")
  if not line or not regex.matches(usual, line, length) then return false end
  local from, to, query, query_end = found[4], found[5], found[6], found[7]
  if to == from then return false end
  local method = text_of(line, found[3])
  local two = line[length - 3] == 50
  local tag = (two and tags_2 or tags)[method]
  if not tag then return false end
  -- A query that is not there is at -1, or where an older match left it.
  local has_query = line[to] == 63
  return method, text_of(line + from, to - from), has_query and text_of(line + query, query_end - query), tag, two
end

local function is_plain(text)
  return text == nil or (type(text) == "string" and hygiene.is_plain(text))
end

local function read_usual(ctx, listener)
  local method, path_text, query, tag, two = usual_line()
  if not method then return false end
  local headers, request = ctx.headers, ctx.usual
  local refusal = hygiene.read(headers, listener, two)
  if refusal then return nil, refusal end
  local authority = headers.host
  local about = authority and host.about(authority)
  if not about or not about.single then return false end
  request.path, request.query, request.headers, request.authority = path_text, query, headers, authority
  request.host, request.method, request.line = about.host, method, tag
  request.other_scheme = false
  request.plain, request.dotted = about.plain and is_plain(headers["user-agent"]), about.dotted
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
  local headers = {}
  local refusal = hygiene.read(headers, listener, protocol == "HTTP/2.0")
  if refusal then return nil, refusal end
  local authority = authority_of(headers, var.host)
  if find(authority, ",", 1, true) or not host.valid(authority) then return nil, "bad-request" end
  return { path = normal, query = query, headers = headers, authority = authority, host = host.of(authority), method = method }
end

-- What was asked, or nil and the code of the refusal.
local function read(ctx, listener)
  local request, refusal = read_usual(ctx, listener)
  if request == false then request, refusal = read_any(listener) end
  if request and listener.trustedHops > 0 then
    local proto = request.headers["x-forwarded-proto"]
    local other = (proto == "http" or proto == "https") and proto ~= ngx.var.scheme
    if other then ngx.var.sl_front_proto, request.other_scheme = proto, true end
  end
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
  if request.line or not guard or not (find(request.path, ";", 1, true) or find(request.path, "%20", 1, true)) then return false end
  return re_find(request.path, guard, "jo") ~= nil
end

-- `id` is the listener's name in nginx.conf.
function M.access(id)
  local state = config.current()
  local listener = state and state.by_id[id]
  if not listener then return reply.send("json", "service-unavailable") end
  local format = listener.errorFormat
  request_id.give()
  local ctx = context.take()
  local request, refusal = read(ctx, listener)
  -- Where one such request ends may be read in two ways, so nothing more is read from its connection.
  if refusal == "bad-request" then return ngx.exec("/.sluice/closing/bad-request") end
  if not request then return reply.send(format, refusal) end
  if listener.redirect then return to_listener(listener.redirect, request) end
  local table = host.table_of(listener, request.host, state.version)
  if not table then return reply.send(format, "route-not-found") end
  if guarded(table, request) then return reply.send(format, "bad-request") end
  local entry = match.find(table, request)
  if not entry then return reply.send(format, "route-not-found") end
  local route = entry.route
  ctx.listener, ctx.request, ctx.route, ctx.match, ctx.state = listener, request, route, entry.match, state
  slots.keep(ctx)
  if route.action_steps and features.run(route.action_steps, ctx) then return end
  return forward.send(ctx)
end

return M
