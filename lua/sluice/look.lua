-- Looks for changes that other workers have made, in each worker, whether it has requests or not. A light thread that sleeps: a timer for each look
-- would cost several times as much.
local config = require("sluice.config")
local drain = require("sluice.drain")

local M = {}

local seldom, often = 0.005, 0.001 -- seconds between two looks; often while changes come
local busy = 2 -- seconds after a change in which another one is likely
local thorough = 50 -- looks at the page of all workers for one at the shared memory itself
local life = 10000 -- looks of a thread; then another one takes over, so that what nginx keeps for it is given back

local looks, changed, owner = 0, 0, 0

local function look()
  looks = looks + 1
  if config.catch_up(looks % thorough == 0) then changed = ngx.now() end
  drain.look()
end

-- Only the thread that was started last goes on.
local function run(premature, me)
  if premature then return end
  owner = me
  for _ = 1, life do
    local ok, err = pcall(look)
    if not ok then ngx.log(ngx.ERR, "changes cannot be looked for: ", err) end
    ngx.sleep(ngx.now() - changed < busy and often or seldom)
    if ngx.worker.exiting() or owner ~= me then return end
  end
  ngx.timer.at(0, run, me + 1)
end

function M.start()
  local last
  local ok, err = ngx.timer.at(0, run, 1)
  -- Should nginx ever refuse to run it, or end it.
  if ok then
    ok, err = ngx.timer.every(1, function(premature)
      if premature then return end
      if looks == last then ngx.timer.at(0, run, owner + 1) end
      last = looks
    end)
  end
  if not ok then ngx.log(ngx.ERR, "the worker cannot look for changes: ", err) end
end

return M
