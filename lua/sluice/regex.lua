-- Regular expressions of the runtime itself. `ngx.re` builds a key and asks its cache at each call, which costs more than the match.
local ffi = require("ffi")
require("resty.core.regex") -- declares what is called here
local C = ffi.C

local M = {}

local once_and_jit = 5 -- FLAG_COMPILE_ONCE and FLAG_JIT of resty.core.regex
local size = 256

-- The compiled pattern; it is never freed, so patterns of the configuration have no place here.
function M.compile(pattern)
  local message = ffi.new("unsigned char[?]", size)
  local compiled = C.ngx_http_lua_ffi_compile_regex(pattern, #pattern, once_and_jit, 0, message, size)
  if compiled == nil then error(pattern .. ": " .. ffi.string(message)) end
  return compiled
end

-- Whether the `length` bytes at `data` (or a text) match; a text that takes too long does not. Where is in `compiled.captures`.
function M.matches(compiled, data, length)
  return C.ngx_http_lua_ffi_exec_regex(compiled, once_and_jit, data, length, 0) > 0
end

return M
