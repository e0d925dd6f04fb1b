-- Features in the order that the state document gives for each phase; a feature's module is `features.<name>`.
local M = {}

-- Loads every module once: a worker may not be able to read the files later.
function M.load(order)
  local loaded = { order = order, modules = {} }
  for _, names in pairs(order) do
    for _, name in ipairs(names) do
      if not string.find(name, "^[a-z0-9-]+$") then error(name .. " is no feature", 0) end
      if not loaded.modules[name] then loaded.modules[name] = require("features." .. name) end
    end
  end
  return loaded
end

-- The steps of one node in one phase: a flat list of function and prepared value, or nil when there are none.
function M.steps(loaded, phase, values)
  local steps
  for _, name in ipairs(loaded.order[phase] or {}) do
    local value, run = values[name], loaded.modules[name][phase]
    if value ~= nil and run then
      steps = steps or {}
      steps[#steps + 1] = run
      steps[#steps + 1] = value
    end
  end
  return steps
end

-- What each feature makes of its data when the node is built; the data itself when it makes nothing.
function M.prepare(loaded, kind, features, node)
  local values = {}
  for name, data in pairs(features) do
    local module = loaded.modules[name]
    local make = module and module[kind]
    values[name] = make and make(data, node) or data
  end
  return values
end

local function run_from(steps, i, ctx)
  for at = i, #steps, 2 do
    if steps[at](steps[at + 1], ctx) then return true end
  end
  return false
end

-- Runs steps until one has answered the request; true when one has. LuaJIT does not compile a function that meets a loop, so the first ones
-- stand one by one.
function M.run(steps, ctx)
  if steps[1](steps[2], ctx) then return true end
  if not steps[3] then return false end
  if steps[3](steps[4], ctx) then return true end
  if not steps[5] then return false end
  if steps[5](steps[6], ctx) then return true end
  if not steps[7] then return false end
  if steps[7](steps[8], ctx) then return true end
  if not steps[9] then return false end
  return run_from(steps, 9, ctx)
end

local function each_from(steps, i, ctx)
  for at = i, #steps, 2 do steps[at](steps[at + 1], ctx) end
end

-- Runs all steps, whatever they return.
function M.each(steps, ctx)
  steps[1](steps[2], ctx)
  if not steps[3] then return end
  steps[3](steps[4], ctx)
  if not steps[5] then return end
  steps[5](steps[6], ctx)
  if steps[7] then each_from(steps, 7, ctx) end
end

return M
