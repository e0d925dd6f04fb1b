-- What is known of the requests under way in this worker, by the address of nginx's request: `ngx.ctx` does not survive an internal redirect, and a
-- variable costs each phase a look-up by name. The log phase comes before nginx gives the memory to another request.
local ffi = require("ffi")
local get_request = require("resty.core.base").get_request
local cast, number = ffi.cast, ffi.typeof("intptr_t")

local M = {}

local taken, count = {}, 0

-- Keeps `ctx` until `drop`.
function M.keep(ctx)
  local at = tonumber(cast(number, get_request()))
  if not taken[at] then count = count + 1 end
  taken[at] = ctx
end

-- What was kept for this request, or nil.
function M.get()
  return taken[tonumber(cast(number, get_request()))]
end

-- The same, and forgets it.
function M.drop()
  local at = tonumber(cast(number, get_request()))
  local ctx = taken[at]
  if not ctx then return nil end
  taken[at], count = nil, count - 1
  return ctx
end

-- Requests under way, for the status.
function M.open()
  return count
end

return M
