-- Sends some requests to another target: those that ask for it, and a share of the others.
local client = require("sluice.client")
local conditions = require("sluice.conditions")
local xxhash = require("sluice.xxhash")

local M = {}

local function list(named)
  local headers = {}
  for name, value in pairs(named.headers) do headers[#headers + 1] = { headers = { { name = name, type = "exact", value = value } } } end
  return { headers = headers, cookies = named.cookies }
end

function M.route(data, node)
  return { target = node.further.canary[1], share = data.share, of = data.of, by = data.by, force = list(data.force), never = list(data.never) }
end

local function holds(named, request)
  for _, condition in ipairs(named.headers) do
    if conditions.hold(condition, request) then return true end
  end
  for name, value in pairs(named.cookies) do
    if client.cookie(name, request.headers) == value then return true end
  end
  return false
end

local function in_share(canary, ctx)
  if canary.share == 0 then return false end
  local value = canary.by and client.attribute(canary.by, ctx)
  local point = value and xxhash.share(value, canary.of) or math.random() * canary.of
  return point < canary.share
end

function M.target(canary, ctx)
  if holds(canary.never, ctx.request) then return false end
  if not holds(canary.force, ctx.request) and not in_share(canary, ctx) then return false end
  ctx.target = canary.target
  return true
end

return M
