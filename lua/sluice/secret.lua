-- Comparing what a client sent with a secret of which only the hash is known.
local bit = require("bit")
local ffi = require("ffi")

-- Of libcrypto, which nginx is linked with.
ffi.cdef([[unsigned char *SHA256(const unsigned char *data, size_t length, unsigned char *digest);]])

local digest = ffi.new("unsigned char[32]")
local M = {}

-- The 32 bytes that `hex` stands for.
function M.bytes(hex)
  return (string.gsub(hex, "%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end

-- Whether the SHA-256 of the text is `expected`. All bytes are looked at, so the time tells nothing of them.
function M.is(text, expected)
  ffi.C.SHA256(text, #text, digest)
  local difference = 0
  for i = 1, 32 do difference = bit.bor(difference, bit.bxor(digest[i - 1], string.byte(expected, i))) end
  return difference == 0
end

return M
