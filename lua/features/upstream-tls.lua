-- The name that is asked for in the handshake, and that the certificate must carry.
local M = {}

function M.request(tls, ctx)
  ctx.sni = tls.serverName
end

return M
