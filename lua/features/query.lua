-- Sets, adds and removes parameters of the query.
local conditions = require("sluice.conditions")
local query = require("sluice.query")
local text = require("sluice.text")

local M = {}

-- An attribute that turns out to be empty adds nothing.
local function added_of(list, ctx)
  local added = {}
  for i = 1, #list do
    local one = list[i]
    local value = text.of(one.value, ctx)
    if value ~= "" or one.value == "" then added[#added + 1] = query.encoded(one.name) .. "=" .. query.encoded(value) end
  end
  return added
end

function M.request(changes, ctx)
  local request = ctx.request
  local new = query.edit(request.query, changes.gone, added_of(changes.added, ctx))
  if new == request.query then return end
  ctx.asked, ctx.edited = request.query, true
  request.query = new
  local key = ctx.hash_key
  if key and key.type == "request.query" then ctx.hash = conditions.query_value(new, key.name) end
end

return M
