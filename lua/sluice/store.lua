-- The last good configuration on disk: a full document, and the deltas after it. Only for a cold start; running workers have shared memory.
local build = require("sluice.build")
local check = require("sluice.check")
local document = require("sluice.document")

local dict = ngx.shared.sl_config

local M = {}

local function path(name)
  return ngx.config.prefix() .. "state/" .. name
end

local function read(name)
  local file, err = io.open(path(name), "rb")
  if not file then return nil, err end
  local text = file:read("*a")
  file:close()
  return text
end

local function version_of(text)
  local head = text and document.decode(string.match(text, "^[^\n]*"))
  return type(head) == "table" and head.version or nil
end

-- Notes which document is on disk by our own doing.
local function note(text)
  dict:set("saved", version_of(text))
end

-- Whether somebody else has put another document on disk since it was last read or written here: `sluice compile` into this directory.
function M.replaced()
  local file = io.open(path("data.jsonl"), "rb")
  if not file then return false end
  local version = version_of(file:read("*l"))
  file:close()
  return version ~= nil and version ~= dict:get("saved")
end

-- Writes and closes. What is written waits in a buffer: a disk that is full is often noticed only at the end.
local function finish(file, ...)
  local ok, err = file:write(...)
  local closed, why = file:close()
  if not ok then return nil, err end
  return closed and true, why
end

-- Writes a document aside and renames it, so that a reader sees the old one or the new one. Returns true, or nil and what is wrong.
function M.save(text)
  local aside = path(".data.jsonl." .. ngx.worker.pid())
  local file, err = io.open(aside, "wb")
  if not file then return nil, err end
  local ok
  ok, err = finish(file, text)
  if ok then ok, err = os.rename(aside, path("data.jsonl")) end
  if not ok then
    os.remove(aside)
    return nil, err
  end
  os.remove(path("deltas"))
  note(text)
  return true
end

-- Adds a delta after the document: its length, then its text.
function M.append(text)
  local file, err = io.open(path("deltas"), "ab")
  if not file then return nil, err end
  return finish(file, #text, "\n", text)
end

-- Saved deltas as far as they are whole and fit; those after a torn one are lost, as they were never acknowledged.
local function replay(config, state, texts)
  local text = read("deltas") or ""
  local at = 1
  while at <= #text do
    local stop = string.find(text, "\n", at, true)
    local size = stop and tonumber(string.sub(text, at, stop - 1))
    if not size or #text < stop + size then return end
    local one = string.sub(text, stop + 1, stop + size)
    local head, lines = config.read_delta(one)
    if not head or head.from ~= state.version or not check.delta(state, lines) then return end
    build.apply(state, lines)
    state.version = head.to
    texts[#texts + 1] = { text = one, version = head.to }
    at = stop + size + 1
  end
end

-- The saved state, or nil and what is wrong. The third result are the texts that it was made of, each with the version it led to.
function M.load(config, previous, step, before)
  local text, err = read("data.jsonl")
  if not text then return nil, before or err end
  local state
  state, err = config.read(text, previous, step)
  if not state then return nil, err end
  note(text)
  local texts = { { text = text, version = state.version } }
  replay(config, state, texts)
  return state, nil, texts
end

return M
