-- Numbers that every request looks at, in a page of memory that all workers share: reading one is a load, where a shared dict costs a lock, a hash
-- and a tree. The dicts stay the truth; a number here only tells that something in them has changed. Whoever changes it writes the dict first.
local ffi = require("ffi")
local dict = ngx.shared.sl_config

ffi.cdef("void *mmap(void *addr, size_t length, int prot, int flags, int fd, long offset);")

-- `words[M.config]`, `words[M.health]` and `words[M.circuit]` are the numbers of the last changes that these modules know; `words[M.drain]` is 1
-- once nginx is told to go away.
local M = { config = 0, health = 1, circuit = 2, drain = 3 }

local size = 4096
local read_write, shared_anonymous = 3, 0x21 -- Linux

-- Called first by the master, whose workers inherit the memory; its Lua starts anew at a reload, but the process and its memory stay.
local function memory()
  local mine = ngx.worker.pid()
  if dict:get("page:of") == mine then return dict:get("page:at"), false end
  local address = ffi.C.mmap(nil, size, read_write, shared_anonymous, -1, 0)
  local at = tonumber(ffi.cast("intptr_t", address))
  if at == -1 then error("there is no memory for the page of all workers") end
  dict:safe_set("page:at", at)
  dict:safe_set("page:of", mine)
  return at, true
end

local at, fresh = memory()
M.words = ffi.cast("double *", ffi.cast("intptr_t", at))
if fresh then
  M.words[M.config] = dict:get("v") or 0
  M.words[M.health] = ngx.shared.sl_health:get("v") or 0
  M.words[M.drain] = dict:get("drain") and 1 or 0
  M.words[M.circuit] = ngx.shared.sl_circuit:get("v") or 0
end

return M
