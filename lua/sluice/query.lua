-- Edits a query string. What is not named stays as the client wrote it, byte for byte. There is nothing of nginx in here: Envoy runs it as well.
local byte, find, format, gsub, sub = string.byte, string.find, string.format, string.gsub, string.sub

local M = {}

local function from_hex(digits) return string.char(tonumber(digits, 16)) end

-- As services read it: https://url.spec.whatwg.org/#concept-urlencoded-parser
local function decoded(name)
  return (gsub(gsub(name, "+", " "), "%%(%x%x)", from_hex))
end

-- All but the unreserved characters escaped. https://www.rfc-editor.org/rfc/rfc3986#section-2.3
function M.encoded(text)
  return (gsub(text, "[^%w._~-]", function(char) return format("%%%02X", byte(char)) end))
end

local function name_of(pair)
  local equals = find(pair, "=", 1, true)
  return decoded(equals and sub(pair, 1, equals - 1) or pair)
end

-- `query` is what stands after the question mark, or false; `gone` has the names that go as keys; `added` is a list of encoded pairs.
-- Returns false when no parameter is left.
function M.edit(query, gone, added)
  local pairs_left, touched = {}, #added > 0
  if query and (query ~= "" or not touched) then
    for pair in string.gmatch(query .. "&", "([^&]*)&") do
      if gone[name_of(pair)] then touched = true else pairs_left[#pairs_left + 1] = pair end
    end
  end
  if not touched then return query end
  for i = 1, #added do pairs_left[#pairs_left + 1] = added[i] end
  return #pairs_left > 0 and table.concat(pairs_left, "&")
end

return M
