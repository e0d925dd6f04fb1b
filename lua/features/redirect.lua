-- Answers with a redirect. What is not given is that of the request.
local prefix = require("sluice.prefix")

local M = {}

local function host_of(to, authority, scheme)
  if to.host then return to.host end
  local name, port = string.match(authority, "^(.*)(:%d+)$")
  if not name then return authority end
  local own = ngx.var.sl_proto
  if to.port or (scheme ~= own and ((own == "https" and port == ":443") or (own == "http" and port == ":80"))) then return name end
  return authority
end

local function path_of(to, ctx)
  if to.path then return to.path end
  if not to.prefix then return ctx.request.path end
  return prefix.swap(ctx.request.path, ctx.match.path.path, to.prefix)
end

function M.action(to, ctx)
  local request = ctx.request
  local scheme = to.scheme or ngx.var.sl_proto
  local port = to.port and ":" .. to.port or ""
  local query = request.query and not to.stripQuery and "?" .. request.query or ""
  ngx.header["Location"] = scheme .. "://" .. host_of(to, request.authority, scheme) .. port .. path_of(to, ctx) .. query
  ngx.header["Content-Length"] = 0
  ngx.header["Content-Type"] = ""
  ngx.status = to.status
  ngx.send_headers()
  ngx.exit(ngx.HTTP_OK)
  return true
end

return M
