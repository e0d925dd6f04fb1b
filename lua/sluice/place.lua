-- Where the tree stands, and where it was made for: nginx.conf names its admin socket by an absolute path.
local document = require("sluice.document")

local M = {}

-- The directory that nginx.conf names, or nil when it names none.
local function made_for(prefix)
  local file = io.open(prefix .. "tree.json", "rb")
  if not file then return nil end
  local manifest = document.decode(file:read("*a"))
  file:close()
  return type(manifest) == "table" and manifest.dir or nil
end

-- Whether two paths lead to one directory: what is put in one is seen in the other. Who may not write there cannot know, and it is taken for one.
local function same(here, there)
  local name = "/run/.place." .. ngx.worker.pid()
  local put = io.open(here .. name, "wb")
  if not put then return true end
  put:close()
  local seen = io.open(there .. name, "rb")
  if seen then seen:close() end
  os.remove(here .. name)
  return seen ~= nil
end

-- Every path by which the kernel may know a socket of this tree. Ends the start of nginx when the tree was moved: its socket would be in another tree.
function M.sockets(prefix, name)
  local dir = made_for(prefix)
  if dir and not same(prefix, dir) then
    error("this tree was made for the directory " .. dir .. " and stands in " .. prefix .. ": compile it there, or with --dir", 0)
  end
  return { name, prefix .. name, dir and dir .. "/" .. name }
end

return M
