-- Certificates of a listener, parsed once in each worker. Their text comes with the state document.
local ssl = require("ngx.ssl")

local M = {}

-- Names → certificate; the first certificate that carries a name has it. Raises an error for one that cannot be used.
function M.listener(data)
  local tls = { certificates = {}, by_name = {} }
  for i, one in ipairs(data.certificates) do
    local chain, err = ssl.parse_pem_cert(one.cert)
    if not chain then error("certificate " .. i .. " cannot be read: " .. tostring(err), 0) end
    local key
    key, err = ssl.parse_pem_priv_key(one.key)
    if not key then error("the key of certificate " .. i .. " cannot be read: " .. tostring(err), 0) end
    local made = { chain = chain, key = key }
    tls.certificates[i] = made
    for _, name in ipairs(one.names) do tls.by_name[name] = tls.by_name[name] or made end
  end
  return tls
end

return M
