-- The targets of a route: its own, and those that features have besides.
local M = {}

-- All of them in one list. `data` is the line of a route, or the route made of it.
function M.all(data)
  local all = {}
  for _, target in ipairs(data.action.targets or {}) do all[#all + 1] = target end
  for _, targets in pairs(data.further or {}) do
    for _, target in ipairs(targets) do all[#all + 1] = target end
  end
  return all
end

-- Makes the data ready for requests: the labels of each target as a subset, and the sum of the weights.
function M.prepare(data)
  for _, target in ipairs(M.all(data)) do
    target.subset = next(target.labels) and target.labels or nil
    for name, attribute in pairs(target.byAttribute or {}) do
      target.asked = target.asked or {}
      target.asked[#target.asked + 1] = { name = name, attribute = attribute }
    end
  end
  local total = 0
  for _, target in ipairs(data.action.targets or {}) do total = total + target.weight end
  data.action.total = total
end

-- Name of a service that is not there, as `present(name)` tells, or nil.
function M.missing(data, present)
  for _, target in ipairs(M.all(data)) do
    if not present(target.service) then return target.service end
  end
  return nil
end

-- The target at a point between 0 and the sum of the weights, 0 included.
function M.at(targets, point)
  for i = 1, #targets do
    point = point - targets[i].weight
    if point < 0 then return targets[i] end
  end
  return targets[#targets]
end

return M
