-- What the Lua filter of Envoy runs for a route with `query`. The route's own values come as data: {gone = {name = true}, added = {{name, parts}}}, where
-- a part is {text = …}, {noted = key of the request's metadata} or {client = true}.
local query = require("sluice.query")

local function note_of(handle, key)
  local notes = handle:streamInfo():dynamicMetadata():get("sluice")
  return notes and notes[key] or ""
end

local function part_of(handle, part)
  if part.text then return part.text end
  if part.noted then return note_of(handle, part.noted) end
  return (string.gsub(handle:streamInfo():downstreamRemoteAddress(), "^%[?(.-)%]?:%d+$", "%1"))
end

local function text_of(handle, parts)
  local text = ""
  for i = 1, #parts do text = text .. part_of(handle, parts[i]) end
  return text
end

-- An attribute that turns out to be empty adds nothing.
local function added_to(handle, list)
  local added = {}
  for i = 1, #list do
    local name, parts = list[i].name, list[i].parts
    local value = text_of(handle, parts)
    if value ~= "" or #parts == 0 then added[#added + 1] = query.encoded(name) .. "=" .. query.encoded(value) end
  end
  return added
end

local function edit(handle)
  local changes, headers = handle:filterContext(), handle:headers()
  local target = headers:get(":path")
  local mark = string.find(target, "?", 1, true)
  local path, old = mark and string.sub(target, 1, mark - 1) or target, mark and string.sub(target, mark + 1) or false
  local new = query.edit(old, changes:get("gone"), added_to(handle, changes:get("added")))
  if new ~= old then headers:replace(":path", new and path .. "?" .. new or path) end
end

-- A request whose query cannot be written as the route says must not go on as it is.
function envoy_on_request(handle)
  local done, problem = pcall(edit, handle)
  if done then return end
  handle:logErr(problem)
  handle:respond({ [":status"] = "500" })
end
