-- Ids of requests: 128 random bits in hex, as nginx's `$request_id`, which asks OpenSSL for each of them. Here they are drawn many at a time.
local ffi = require("ffi")
local variable = require("sluice.variable")
local C = ffi.C

ffi.cdef([[
  int RAND_bytes(unsigned char *buf, int num);
  unsigned char *ngx_hex_dump(unsigned char *dst, const unsigned char *src, size_t len);
]])

local M = {}

local batch, length = 128, 16
local random, hex = ffi.new("unsigned char[?]", batch * length), ffi.new("unsigned char[?]", batch * length * 2)
local left = 0 -- the master draws none, so no two workers have the same

local function draw()
  if C.RAND_bytes(random, batch * length) ~= 1 then error("OpenSSL has no random bytes") end
  C.ngx_hex_dump(hex, random, batch * length)
  left = batch
end

-- Gives the request an id; done once, when it is routed.
function M.give()
  if left == 0 then draw() end
  left = left - 1
  variable.set("sl_request_id", hex + left * length * 2, length * 2)
end

-- The id of this request; one that nginx refused before it was routed gets it now.
function M.of()
  local id = ngx.var.sl_request_id
  if id and id ~= "" then return id end
  M.give()
  return ngx.var.sl_request_id
end

return M
