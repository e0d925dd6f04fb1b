-- What happens when nginx starts: in the master, then in each worker.
local M = {}

-- Removes the socket file that a killed nginx left behind, which would stop this one from listening. A socket in use stays; when nginx listens
-- below its working directory the kernel does not say which one that is, so any socket of that name counts as in use.
local function free_socket()
  local prefix, name = ngx.config.prefix(), "run/admin.sock"
  local paths = require("sluice.place").sockets(prefix, name)
  local file = io.open("/proc/net/unix", "rb")
  if not file then return end
  local used = file:read("*a")
  file:close()
  for _, path in ipairs(paths) do
    if string.find(used, " " .. path .. "\n", 1, true) then return end
  end
  os.remove(prefix .. name)
end

local modules = {
  "admin", "attempt", "body", "certificate", "circuit", "config", "done", "drain", "look", "metrics", "reply", "request", "response", "watch",
}

-- A module that the master has loaded; missing in the list, it fails for every user alike, not only for one who may not read the files.
local function of_master(name) return package.loaded["sluice." .. name] end

function M.init()
  -- OpenResty's own values: with those of LuaJIT the way of a request is too long for one trace.
  jit.opt.start("maxtrace=8000", "maxrecord=16000", "maxirconst=4000", "maxsnap=2000", "minstitch=3", "maxmcode=40960")
  require("resty.core")
  free_socket()
  -- Everything is loaded here, by the master: a worker may not be able to read the files.
  for _, name in ipairs(modules) do require("sluice." .. name) end
  require("sluice.saved").boot()
end

-- What a killed predecessor counted as under way.
local function forget_predecessor()
  local dict, mine = ngx.shared.sl_count, ":" .. ngx.worker.id()
  for _, key in ipairs(dict:get_keys(0)) do
    if string.sub(key, 1, 2) == "a:" and string.sub(key, -#mine) == mine then dict:delete(key) end
  end
end

function M.worker()
  forget_predecessor()
  of_master("circuit").tell()
  math.randomseed(ngx.worker.pid() + ngx.now() * 1000)
  of_master("config").worker()
  of_master("look").start()
  of_master("metrics").start()
  of_master("watch").start()
end

return M
