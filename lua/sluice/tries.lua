-- What nginx notes of each attempt of a request: lists such as "0.001, -, 0.002", one entry for each.
local M = {}

-- Seconds that the attempt took to one of its steps (`upstream_connect_time`, `upstream_header_time`); nil when it never came so far.
function M.time(variable, attempt)
  local n = 0
  for field in string.gmatch(ngx.var[variable] or "", "[^%s,]+") do
    n = n + 1
    if n == attempt then return tonumber(field) end
  end
  return nil
end

return M
