-- Counts of requests by route and service: statuses and how long they took. Each worker counts in tables of its own and adds them to the shared
-- memory once a second; `metrics_text` prints what stands there. Keys: <kind>|<route>|<service>|<status or bucket>.
local dict = ngx.shared.sl_metrics
local start_time, now = ngx.req.start_time, ngx.now
local floor = math.floor

local M = {}

-- Upper ends of the buckets in seconds; nginx's clock counts milliseconds.
M.buckets = { 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10 }

local most = 2000 -- pairs of route and service that have counts of their own; what comes later is counted as `other`
local cells, dirty, count = {}, {}, 0

local function cell_of(route, service)
  local key = route .. "|" .. service
  local cell = cells[key]
  if cell then return cell end
  if count >= most and route ~= "other" then return cell_of("other", "other") end
  cell = { key = key, statuses = {}, buckets = {}, sum = 0, dirty = false }
  cells[key], count = cell, count + 1
  return cell
end

-- The bucket of each duration in milliseconds up to the last upper end: no branch, which would be a trace of its own for each bucket.
local bucket_of = {}
for i, upper in ipairs(M.buckets) do
  local before = i > 1 and M.buckets[i - 1] or -0.001
  for ms = floor(before * 1000 + 1.5), floor(upper * 1000 + 0.5) do bucket_of[ms] = i end
end
local last_bucket = #M.buckets + 1

local function known_cell(ctx)
  local route, service = ctx.route, ctx.service and ctx.service.name or ""
  local own = route.cells
  if not own then
    own = {}
    route.cells = own
  end
  local cell = own[service]
  if not cell then
    cell = cell_of(route.name, service)
    own[service] = cell
  end
  return cell
end

-- Counts a request that has ended; `ctx` is nil when it had no route. Returns how long it took, in milliseconds.
function M.note(ctx, status)
  local cell = ctx and known_cell(ctx) or cell_of("", "")
  local ms = floor((now() - start_time()) * 1000 + 0.5)
  local bucket = bucket_of[ms] or (ms > 0 and last_bucket or 1)
  local statuses, buckets = cell.statuses, cell.buckets
  statuses[status] = (statuses[status] or 0) + 1
  buckets[bucket] = (buckets[bucket] or 0) + 1
  cell.sum = cell.sum + ms
  if not cell.dirty then
    cell.dirty = true
    dirty[#dirty + 1] = cell
  end
  return ms
end

local failed = false

local function add(key, value)
  local _, err = dict:incr(key, value, 0)
  if err and not failed then
    failed = true
    ngx.log(ngx.ERR, "metrics are lost: ", err)
  end
end

-- The counts go to zero and keep their places: new tables would grow again within the next requests.
local function add_all(kind, key, counts)
  for last, value in pairs(counts) do
    if value > 0 then
      add(kind .. key .. "|" .. last, value)
      counts[last] = 0
    end
  end
end

-- Adds what this worker has counted to the shared memory.
function M.flush()
  local list = dirty
  dirty = {}
  for _, cell in ipairs(list) do
    add_all("c|", cell.key, cell.statuses)
    add_all("b|", cell.key, cell.buckets)
    add("s|" .. cell.key .. "|", cell.sum / 1000)
    cell.sum, cell.dirty = 0, false
  end
end

function M.start()
  local ok, err = ngx.timer.every(1, M.flush)
  if not ok then ngx.log(ngx.ERR, "metrics cannot be counted: ", err) end
end

return M
