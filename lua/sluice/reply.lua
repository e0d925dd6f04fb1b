-- Replies that the gateway makes itself, in the error format of the listener. Answers of services are never touched.
local config = require("sluice.config")
local request_id = require("sluice.request_id")
local slots = require("sluice.slots")
local find = string.find

local M = {}

-- https://grpc.github.io/grpc/core/md_doc_http-grpc-status-mapping.html
local grpc_status = { [400] = 13, [401] = 16, [403] = 7, [404] = 12, [429] = 14, [502] = 14, [503] = 14, [504] = 14 }
local plain = { status = 503, type = "text/plain; charset=utf-8", title = "Service Unavailable", before = "Service Unavailable\n", after = "" }

-- Whether the caller speaks gRPC, and would not understand a body.
function M.is_grpc()
  local type = ngx.var.http_content_type
  return type and find(type, "application/grpc", 1, true) == 1
end

local function body_of(format, code)
  local state = config.state()
  local bodies = state and format and state.replies[format]
  return bodies and (bodies[code] or bodies.error) or plain
end

local function write(reply, status, grpc)
  local header = ngx.header
  if M.is_grpc() then
    ngx.status = 200
    header["Content-Type"] = "application/grpc"
    header["grpc-status"] = grpc or grpc_status[status] or 2
    header["grpc-message"] = reply.title
    header["Content-Length"] = 0
    ngx.send_headers()
    return
  end
  ngx.status = status
  header["Content-Type"] = reply.type
  local body = reply.before
  if reply.after ~= "" then body = body .. request_id.of() .. reply.after end
  header["Content-Length"] = #body
  ngx.print(body)
end

-- Answers from the access phase and ends the request; `retry_after`: seconds after which the caller may come back.
function M.send(format, code, retry_after)
  local reply = body_of(format, code)
  if retry_after and not M.is_grpc() then ngx.header["Retry-After"] = retry_after end
  write(reply, reply.status)
  return ngx.exit(ngx.HTTP_OK)
end

local function field_last(text)
  return text and string.match(text, "([^%s,:]+)$")
end

-- What nginx's 502 or 504 means: Envoy answers 503 when no endpoint gave an answer, 504 when one took too long.
local function upstream_code(ctx, status)
  if ctx and ctx.refusal then return ctx.refusal end
  if status == 500 then return "internal-error" end
  if not ctx or not ctx.tried then return "no-healthy-endpoint" end
  local connected = field_last(ngx.var.upstream_connect_time)
  if not connected or connected == "-" then return "endpoint-unreachable" end
  return status == 504 and "service-timeout" or "endpoint-reset"
end

-- Content of the internal location that nginx's own errors lead to: `/.sluice/<code>`. `id` is the listener's name in nginx.conf:
-- nginx may have refused the request before any Lua ran.
function M.internal(id)
  local ctx = slots.get()
  if ctx then ctx.own_reply = true end
  local state = config.state()
  local listener = ctx and ctx.listener or (state and state.by_id[id])
  local code = string.match(ngx.var.uri, "([^/]+)$")
  local status = tonumber(string.match(code, "^upstream%-(%d+)$"))
  if status then code = upstream_code(ctx, status) end
  local reply = body_of(listener and listener.errorFormat, code)
  -- The caller's own deadline has a status of its own in gRPC.
  write(reply, reply.status, ctx and ctx.by_caller and code == "service-timeout" and 4)
end

return M
