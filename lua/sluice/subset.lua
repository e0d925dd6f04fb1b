-- Which endpoints of a target a request chooses when labels come from the request itself.
local client = require("sluice.client")
local service = require("sluice.service")

local M = {}

-- The written labels and those that the request says; nil when it says a value that no endpoint carries.
local function wanted(target, chosen, ctx)
  local labels, text = {}, ""
  for _, one in ipairs(target.asked) do
    local value = client.attribute(one.attribute, ctx)
    if value == "" then value = nil end
    if value then
      local carried = chosen.carried[one.name]
      if not (carried and carried[value]) then return nil end
      labels[one.name] = value
      text = text .. one.name .. "\0" .. value .. "\0"
    elseif target.otherwise == "refuse" then
      return nil
    end
  end
  return labels, text
end

-- The labels that the pool of this request has; nil: any endpoint. The second result is true when the request is to be refused.
-- Tables of labels are kept by the service, because pools are kept by table: only values that endpoints carry make one.
function M.of(target, chosen, ctx)
  if not target.asked then return target.subset, false end
  local labels, text = wanted(target, chosen, ctx)
  if labels then
    if text == "" then return target.subset, false end
    local known = chosen.chosen[target]
    if not known then
      known = {}
      chosen.chosen[target] = known
    end
    local found = known[text]
    if found == nil then
      for name, value in pairs(target.labels) do labels[name] = value end
      found = service.carried_by_any(chosen, labels) and labels
      known[text] = found
    end
    if found then return found, false end
  end
  if target.otherwise == "any" then return target.subset, false end
  return nil, true
end

return M
