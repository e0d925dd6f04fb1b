-- An answer that the configuration holds word for word: status, headers in lower case, body.
local M = {}

-- Answers from the access phase and ends the request.
function M.send(answer)
  local header = ngx.header
  for name, value in pairs(answer.headers) do header[name] = value end
  ngx.status = answer.status
  local body = answer.body or ""
  local empty = answer.status == 204 or answer.status == 304
  if not empty then header["Content-Length"] = #body end
  if not answer.headers["content-type"] then header["Content-Type"] = "" end
  if body ~= "" and not empty then ngx.print(body) else ngx.send_headers() end
  return ngx.exit(ngx.HTTP_OK)
end

return M
