-- Levels of preference: how much each takes when some of its endpoints are out. The same arithmetic as Envoy's priorities, in whole percent.
-- https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/priority
local floor, min = math.floor, math.min

local M = {}

-- In panic everywhere, healthy or not: in proportion to the number of endpoints.
local function by_size(levels)
  local total, left, shares = 0, 100, {}
  for _, level in ipairs(levels) do total = total + level.all end
  for i, level in ipairs(levels) do
    shares[i] = total > 0 and floor(100 * level.all / total) or 0
    left = left - shares[i]
  end
  for i, level in ipairs(levels) do
    if level.all > 0 then
      shares[i] = shares[i] + left
      break
    end
  end
  return shares
end

-- Shares of the levels, together 100, and which of them use their sick endpoints too. `levels` are { all = , healthy = }, the preferred first;
-- a level takes its full share while `factor` percent of its healthy endpoints are enough; below `panic` percent of healthy ones a level panics,
-- unless all levels together can carry everything.
function M.shares(levels, factor, panic)
  local able, sum = {}, 0
  for i, level in ipairs(levels) do
    able[i] = level.all > 0 and min(100, floor(factor * level.healthy / level.all)) or 0
    sum = sum + able[i]
  end
  sum = min(100, sum)
  local panics, everywhere = {}, panic > 0
  for i, level in ipairs(levels) do
    panics[i] = sum < 100 and (level.all > 0 and 100 * level.healthy / level.all or 0) < panic
    everywhere = everywhere and panics[i]
  end
  if everywhere then return by_size(levels), panics end
  local shares, left, first = {}, 100, nil
  for i = 1, #levels do
    shares[i] = sum > 0 and min(left, floor(able[i] * 100 / sum)) or 0
    left = left - shares[i]
    if able[i] > 0 then first = first or i end
  end
  -- What rounding left over. Nobody healthy and no panic: the first level stands for the refusal.
  shares[first or 1] = shares[first or 1] + left
  return shares, panics
end

return M
