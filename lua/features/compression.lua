-- Which answers nginx's gzip may compress. It looks at the Accept-Encoding of the request after this, when the service has long seen it:
-- so that header says what was decided here, by the rules of Envoy's compressor.
local lower, match, gmatch, find = string.lower, string.match, string.gmatch, string.find

local M = {}

function M.route(data)
  local types = {}
  for _, name in ipairs(data.types) do types[name] = true end
  data.types = types
  return data
end

local function text(value)
  return type(value) == "table" and table.concat(value, ",") or value
end

-- The encoding with the highest weight counts, the first of several.
local function takes_gzip(accepted)
  local best, most, refused = nil, 0, false
  for item in gmatch(text(accepted) or "", "[^,]+") do
    local name, weight = match(item, "^%s*([^;%s]+)"), tonumber(match(item, ";%s*q=([%d.]+)")) or 1
    if name == "gzip" and weight == 0 then refused = true end
    if weight > most and (name == "gzip" or name == "identity" or name == "*") then best, most = name, weight end
  end
  return (best == "gzip" or best == "*") and not refused
end

local function compressible(data, header)
  local kind = header["Content-Type"]
  if not kind or not data.types[lower(match(text(kind), "^[^;%s]*"))] then return false end
  local length = tonumber(header["Content-Length"])
  if length and length < data.minSize then return false end
  local control = header["Cache-Control"]
  return not header["Content-Encoding"] and ngx.status ~= 206 and not (control and find(text(control), "no-transform", 1, true))
end

function M.response(data, ctx)
  local header = ngx.header
  if not compressible(data, header) then return ngx.req.clear_header("Accept-Encoding") end
  local vary = text(header["Vary"])
  header["Vary"] = vary and vary .. ", Accept-Encoding" or "Accept-Encoding"
  if takes_gzip(ctx.request.headers["accept-encoding"]) then
    ngx.req.set_header("Accept-Encoding", "gzip")
  else
    ngx.req.clear_header("Accept-Encoding")
  end
end

return M
