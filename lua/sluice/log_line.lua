-- The part of a line of the access log that nginx does not write itself. nginx's escaping costs a request as much as routing it, so a request
-- whose texts are known to need none is put together as it is; every other request, and every one that was never routed, is escaped here.
local config = require("sluice.config")
local ffi = require("ffi")
local hygiene = require("sluice.hygiene")
local request_id = require("sluice.request_id")
local variable = require("sluice.variable")
local copy = ffi.copy
local gsub, match, format, byte = string.gsub, string.match, string.format, string.byte

local M = {}

local room = 4096 -- bytes of a line that is put together without making a text of it
local line = ffi.new("unsigned char[?]", room)

local function escape(c)
  return format("\\u%04x", byte(c))
end

-- Between quotes. Only what is ASCII gets into the log: other bytes need not be UTF-8.
local function quoted(text)
  return '"' .. gsub(text or "", '[%c"\\]', escape) .. '"'
end

local function ascii(text)
  return text and not match(text, "[^ -~]") and text or ""
end

-- Seconds with three places. Most requests take few milliseconds: their texts are made at the start.
local texts = {}
for ms = 0, 2000 do texts[ms] = format("%.3f", ms / 1000) end

local function seconds(ms)
  return texts[ms] or format("%.3f", ms / 1000)
end

-- False when a name needs escaping, which those of a gateway.yaml never do (src/config/schema/scalars.ts).
local function tag_of(listener, route, service)
  if not (hygiene.is_plain(listener) and hygiene.is_plain(route) and hygiene.is_plain(service)) then return false end
  return '","listener":"' .. listener .. '","route":"' .. route .. '","service":"' .. service .. '","endpoint":"'
end

-- The part of the line that depends on listener, route and service alone, made once for each.
local function tag(ctx)
  local route, listener = ctx.route, ctx.listener.name
  local service = ctx.service and ctx.service.name or ""
  local tags = route.tags
  if not tags then
    tags = {}
    route.tags = tags
  end
  local of_listener = tags[listener]
  if not of_listener then
    of_listener = {}
    tags[listener] = of_listener
  end
  local text = of_listener[service]
  if text == nil then
    text = tag_of(listener, route.name, service)
    of_listener[service] = text
  end
  return text
end

local at = 0

local function put(text)
  copy(line + at, text, #text)
  at = at + #text
end

-- A line that needs no escaping, of a request that one endpoint has answered. False when it is another one.
local function put_plain(ctx, ms)
  local request, tries = ctx.request, ctx.tries
  if not request.plain or not tries or tries[2] then return false end
  local try, text = tries[1], tag(ctx)
  local status = try and try.text
  if not text or not status then return false end
  local path, authority, agent = request.path, request.authority, request.headers["user-agent"] or ""
  if #path + #authority + #agent + #text > room - 500 then return false end
  at = 0
  put(request.line)
  put(seconds(ms))
  put('","upstream_s":"')
  put(seconds(try.ms))
  put('","host":"')
  put(authority)
  put('","user_agent":"')
  put(agent)
  put('","path":"')
  put(path)
  put(text)
  put(try.peer.shown)
  put('","upstream_status":"')
  put(status)
  put('"')
  variable.set("sl_rest", line, at)
  return true
end

local function put_any(id, ctx, ms)
  local var, state = ngx.var, config.state()
  local listener = state and state.by_id[id]
  request_id.of()
  local fields = {
    '"method":' .. quoted(var.request_method), '"protocol":' .. quoted(var.server_protocol),
    '"duration_s":"' .. seconds(ms) .. '"', '"upstream_s":' .. quoted(var.upstream_response_time),
    '"host":' .. quoted(ascii(var.http_host)), '"user_agent":' .. quoted(ascii(var.http_user_agent)),
    '"path":' .. quoted(match(var.request_uri or "", "^[!->@-~]*")), '"listener":' .. quoted(listener and listener.name),
    '"route":' .. quoted(ctx and ctx.route.name), '"service":' .. quoted(ctx and ctx.service and ctx.service.name),
    '"endpoint":' .. quoted(var.upstream_addr), '"upstream_status":' .. quoted(var.upstream_status),
  }
  var.sl_rest = "," .. table.concat(fields, ",")
end

-- `id` is the listener's name in nginx.conf; without a ctx nothing else is known. The log phase of Lua runs before that of nginx.
function M.note(id, ctx, ms)
  if not (ctx and put_plain(ctx, ms)) then put_any(id, ctx, ms) end
end

return M
