-- Who asks: the peer, or what the counted trusted proxies in front say; and what features read of a request.
local conditions = require("sluice.conditions")
local match = require("sluice.match")

local M = {}

local function joined(value)
  return type(value) == "table" and table.concat(value, ",") or value
end

-- Address of the client. `hops` entries from the right of X-Forwarded-For were written by trusted proxies.
function M.address(hops, headers)
  local peer = ngx.var.remote_addr
  local forwarded = hops > 0 and joined(headers["x-forwarded-for"])
  if not forwarded then return peer end
  local entries = {}
  for entry in string.gmatch(forwarded, "[^,%s]+") do entries[#entries + 1] = entry end
  return entries[#entries - hops + 1] or peer
end

local read = {}

read["client.ip"] = function(_, ctx) return M.address(ctx.listener.trustedHops, ctx.request.headers) end
read["request.method"] = function(_, ctx) return ctx.request.method end
read["request.host"] = function(_, ctx) return ctx.request.host end
read["request.header"] = function(name, ctx) return joined(ctx.request.headers[name]) end
-- Of the query as the client wrote it.
read["request.query"] = function(name, ctx)
  local query = ctx.request.query
  if ctx.edited then query = ctx.asked end
  return conditions.query_value(query, name)
end
read.route = function(_, ctx) return ctx.route.name end
read.service = function(_, ctx) return ctx.service and ctx.service.name end

-- Value of the first cookie of that name, or nil.
function M.cookie(name, headers)
  local cookies = headers.cookie
  if type(cookies) == "table" then cookies = table.concat(cookies, ";") end
  for own, value in string.gmatch(cookies or "", "([^=;%s]+)=([^;]*)") do
    if own == name then return (string.gsub(value, '^"(.*)"$', "%1")) end
  end
  return nil
end

read["request.cookie"] = function(name, ctx) return M.cookie(name, ctx.request.headers) end

read["request.path"] = function(name, ctx)
  local path = ctx.match.path
  if path.type ~= "template" then return nil end
  return match.parameters(path.segments, ctx.request.path)[name]
end

-- Value of an attribute, or nil.
function M.attribute(attribute, ctx)
  return read[attribute.type](attribute.name, ctx)
end

return M
