-- Who asks: the peer, or what the counted trusted proxies in front say; and what features read of a request.
local conditions = require("sluice.conditions")

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

-- Value of an attribute, or nil.
function M.attribute(attribute, ctx)
  local type = attribute.type
  if type == "client.ip" then return M.address(ctx.listener.trustedHops, ctx.request.headers) end
  if type == "request.header" then return joined(ctx.request.headers[attribute.name]) end
  if type == "request.query" then return conditions.query_value(ctx.request.query, attribute.name) end
  if type == "request.cookie" then
    local cookies = joined(ctx.request.headers.cookie)
    for name, value in string.gmatch(cookies or "", "([^=;%s]+)=([^;]*)") do
      if name == attribute.name then return value end
    end
  end
  return nil
end

return M
