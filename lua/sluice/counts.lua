-- Numbers for the operator, counted over all workers: one per kind and name of the configuration.
local dict = ngx.shared.sl_count

local M = {}

function M.add(kind, name)
  dict:incr("n:" .. kind .. ":" .. name, 1, 0)
end

-- The numbers of a kind, for the names that `nodes` has.
function M.of(kind, nodes)
  local found = {}
  for name in pairs(nodes) do found[name] = dict:get("n:" .. kind .. ":" .. name) end
  return found
end

return M
