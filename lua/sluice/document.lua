-- Documents and deltas as text: one JSON line per resource after a head that says how many there are.
local cjson = require("cjson.safe").new()
local find, sub = string.find, string.sub

local M = { format = 1 }

-- Calls `each(text)` for every line but the head; returns the head, or nil and what is wrong.
function M.lines(text, each)
  local stop = find(text, "\n", 1, true)
  if not stop then return nil, "the document has no complete first line" end
  local head = cjson.decode(sub(text, 1, stop - 1))
  if type(head) ~= "table" or type(head.lines) ~= "number" then return nil, "the first line is not the head of a document" end
  local at, seen = stop + 1, 0
  while at <= #text do
    stop = find(text, "\n", at, true)
    if not stop then return nil, "the last line is cut" end
    seen = seen + 1
    local ok, err = each(sub(text, at, stop - 1), seen)
    if not ok then return nil, "line " .. (seen + 1) .. ": " .. err end
    at = stop + 1
  end
  if seen ~= head.lines then return nil, "the document should have " .. head.lines .. " lines and has " .. seen end
  return head
end

-- One line as { k, v, d } or { k, gone }, or nil and what is wrong.
function M.line(text)
  local line = cjson.decode(text)
  if type(line) ~= "table" or type(line.k) ~= "string" then return nil, "it is not a resource" end
  if not line.gone and (type(line.d) ~= "table" or type(line.v) ~= "string") then return nil, line.k .. " has no data or no version" end
  return line
end

function M.encode(value)
  return cjson.encode(value)
end

function M.decode(text)
  return cjson.decode(text)
end

return M
