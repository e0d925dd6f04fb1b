-- Variables of nginx without the text that `ngx.var` makes of them.
local ffi = require("ffi")
local get_request = require("resty.core.base").get_request
require("resty.core.var") -- declares what is called here
local C = ffi.C

local M = {}

local longest = 32 -- bytes of a name
local name_room, value, length, message = ffi.new("char[?]", longest), ffi.new("char *[1]"), ffi.new("size_t[1]"), ffi.new("char *[1]")
local set_room, error_length = ffi.new("unsigned char[?]", longest), ffi.new("size_t[1]")
local error_size = 256
local error_room = ffi.new("unsigned char[?]", error_size)

-- Address and length of a variable; nil when it has no value.
function M.get(name)
  local rc = C.ngx_http_lua_ffi_var_get(get_request(), name, #name, name_room, 0, value, length, message)
  if rc == 0 then return value[0], tonumber(length[0]) end
  if rc == -1 then error(ffi.string(message[0])) end
  return nil, 0
end

-- Copies `size` bytes at `data` (or a text) into a variable.
function M.set(name, data, size)
  error_length[0] = error_size
  if C.ngx_http_lua_ffi_var_set(get_request(), name, #name, set_room, data, size, error_room, error_length) ~= 0 then
    error(ffi.string(error_room, error_length[0]))
  end
end

return M
