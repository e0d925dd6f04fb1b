-- The certificate of a TLS handshake: by the name that the client asks for, else the first one. Nothing found ends the handshake.
local config = require("sluice.config")
local host = require("sluice.host")
local ssl = require("ngx.ssl")

local M = {}

function M.choose(id)
  local state = config.current()
  local listener = state and state.by_id[id]
  local tls = listener and listener.values["listener-tls"]
  if not tls then return ngx.exit(ngx.ERROR) end
  local name = ssl.server_name()
  local chosen = name and host.serving(tls.by_name, host.of(name)) or tls.certificates[1]
  ssl.clear_certs()
  local ok, err = ssl.set_cert(chosen.chain)
  if ok then ok, err = ssl.set_priv_key(chosen.key) end
  if ok then return end
  ngx.log(ngx.ERR, "a certificate of listener ", listener.name, " cannot be used: ", err)
  return ngx.exit(ngx.ERROR)
end

return M
