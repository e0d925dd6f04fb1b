-- Sets, adds and removes headers of requests and responses. What is removed goes first.
local text = require("sluice.text")
local get_headers, set_header, clear_header = ngx.req.get_headers, ngx.req.set_header, ngx.req.clear_header

local M = {}

local function appended(old, value)
  if old == nil then return value end
  if type(old) ~= "table" then return { old, value } end
  old[#old + 1] = value
  return old
end

-- An attribute that turns out to be empty adds nothing.
local function add(value, ctx, put)
  local own = text.of(value, ctx)
  if own ~= "" or value == "" then put(own) end
end

function M.request(changes, ctx)
  local request = changes.request
  for _, name in ipairs(request.remove) do clear_header(name) end
  for name, value in pairs(request.set) do set_header(name, text.of(value, ctx)) end
  if next(request.add) then
    local present = get_headers(0)
    for name, value in pairs(request.add) do add(value, ctx, function(own) set_header(name, appended(present[name], own)) end) end
  end
end

function M.response(changes, ctx)
  local response, header = changes.response, ngx.header
  for _, name in ipairs(response.remove) do header[name] = nil end
  for name, value in pairs(response.set) do header[name] = text.of(value, ctx) end
  for name, value in pairs(response.add) do add(value, ctx, function(own) header[name] = appended(header[name], own) end) end
end

return M
