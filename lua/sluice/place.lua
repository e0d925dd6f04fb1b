-- Where the tree stands, and where it was made for: nginx.conf names its admin socket by an absolute path.
local ffi = require("ffi")
local document = require("sluice.document")

ffi.cdef([[
char *realpath(const char *path, char *resolved);
void free(void *memory);
]])

local M = {}

-- The absolute path without links, or nil when there is nothing.
local function real(path)
  local found = ffi.C.realpath(path, nil)
  if found == nil then return nil end
  local text = ffi.string(found)
  ffi.C.free(found)
  return text
end

-- The directory that nginx.conf names, or nil when it names none.
local function made_for(prefix)
  local file = io.open(prefix .. "tree.json", "rb")
  if not file then return nil end
  local manifest = document.decode(file:read("*a"))
  file:close()
  return type(manifest) == "table" and manifest.dir or nil
end

-- Every path by which the kernel may know a socket of this tree. Ends the start of nginx when the tree was moved: its socket would be in another tree.
function M.sockets(prefix, name)
  local here, dir = real(prefix), made_for(prefix)
  if dir and real(dir) ~= here then
    error("this tree was made for the directory " .. dir .. " and stands in " .. tostring(here) .. ": compile it there, or with --dir", 0)
  end
  return { name, prefix .. name, (here or "") .. "/" .. name, dir and dir .. "/" .. name }
end

return M
