-- What the master makes of the saved document: at a start all of it, at a reload only what somebody else has written meanwhile.
local config = require("sluice.config")
local pause = require("sluice.pause")
local store = require("sluice.store")

local dict = ngx.shared.sl_config
local M = {}

-- Takes the saved document and its deltas. Returns true, or nil and what is wrong.
local function take()
  local fresh, err, texts = store.load(config, nil, pause.never)
  if not fresh then return nil, err end
  local number
  for i, one in ipairs(texts) do
    number, err = config.publish(one.text, one.version, i == 1)
    if not number then error(err) end
  end
  config.adopt(fresh, number)
  return true
end

-- A reload finds everything in shared memory, which may be newer than the disk. A new document that cannot be used ends the reload: the old workers go on.
function M.boot()
  if dict:get("v") and not store.replaced() then return config.rebuild(pause.never) end
  local ok, err = take()
  if ok then return end
  if dict:get("v") then error("the new state document cannot be used: " .. err, 0) end
  ngx.log(ngx.WARN, "no configuration yet: ", err)
end

return M
