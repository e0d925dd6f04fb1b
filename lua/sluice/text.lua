-- Texts with attributes of the request in them.
local client = require("sluice.client")

local M = {}

-- `text` is a plain one, or a list of plain ones and attributes. An attribute that the request does not have is empty.
function M.of(text, ctx)
  if type(text) == "string" then return text end
  local parts = {}
  for i = 1, #text do
    local part = text[i]
    parts[i] = type(part) == "string" and part or client.attribute(part, ctx) or ""
  end
  return table.concat(parts)
end

return M
