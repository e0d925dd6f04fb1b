-- The configuration of this worker, and the channel by which all workers get a new one. Keys of the shared dict:
--   v       number of the last change            base   number of the last full document
--   d:<n>   the full document of change n        c:<n>  the delta of change n
--   n:<n>   version (content hash) after n       w:<id> number that worker <id> has applied
--   p:<id>  process id of worker <id>
--   saved   version of the document on disk, as far as it was read or written here
local build = require("sluice.build")
local check = require("sluice.check")
local document = require("sluice.document")
local page = require("sluice.page")
local pause = require("sluice.pause")
local store = require("sluice.store")

local dict = ngx.shared.sl_config
local words, number_of_last = page.words, page.config
local M = {}

local state -- what requests look at
local mine = 0 -- number of the change that `state` has
local building = false

-- Full document → state, or nil and what is wrong.
function M.read(text, previous, step)
  local fresh = build.new()
  local head, err = document.lines(text, function(line_text)
    local line, wrong = document.line(line_text)
    if not line then return nil, wrong end
    local ok, cannot = build.add(fresh, line)
    if ok then step() end
    return ok, cannot
  end)
  if not head then return nil, err end
  if head.format ~= document.format then return nil, "the document has format " .. tostring(head.format) .. ", this runtime reads " .. document.format end
  local built, wrong = build.finish(fresh, previous, step)
  if not built then return nil, wrong end
  built.version = head.version
  return built
end

-- Delta text → head and lines, or nil and what is wrong.
function M.read_delta(text)
  local lines = {}
  local head, err = document.lines(text, function(line_text)
    local line, wrong = document.line(line_text)
    lines[#lines + 1] = line
    return line, wrong
  end)
  if not head then return nil, err end
  return head, lines
end

local function acknowledge()
  local id = ngx.worker.id()
  if not id then return end
  dict:set("w:" .. id, mine)
end

local function swap(fresh, number)
  state, mine = fresh, number
end

-- Applies the deltas after `mine`, without yielding. False when one is missing: then a full document has to be read.
local function apply_deltas(version)
  for number = mine + 1, version do
    local text = dict:get("c:" .. number)
    if not text then return false end
    local head, lines = M.read_delta(text)
    if not head or not state or head.from ~= state.version then return false end
    local sound, err = check.delta(state, lines)
    if not sound then
      ngx.log(ngx.ERR, "a delta does not fit: ", err)
      return false
    end
    build.apply(state, lines)
    state.version = head.to
    mine = number
  end
  return true
end

-- Reads the last full document and the deltas after it; the file is there for the case that the dict lost an entry.
function M.rebuild(step)
  local base = dict:get("base")
  local text = base and dict:get("d:" .. base)
  local fresh, err
  if text then fresh, err = M.read(text, state, step) end
  if fresh then
    swap(fresh, base)
    if apply_deltas(dict:get("v")) then return true end
  end
  local version = dict:get("v")
  fresh, err = store.load(M, state, step, err)
  if not fresh then
    ngx.log(ngx.ERR, "the configuration cannot be rebuilt, the old one stays: ", err)
    return false
  end
  if fresh.version ~= dict:get("n:" .. version) then
    ngx.log(ngx.ERR, "the saved configuration is not the last one that was accepted; it serves until the next update")
  end
  swap(fresh, version)
  return true
end

-- What requests look at; takes up deltas on the way (a full document is built by the timer, in slices).
function M.current()
  if words[number_of_last] ~= mine and not building then
    local version, base = dict:get("v"), dict:get("base")
    if version and version ~= mine and base and base <= mine and apply_deltas(version) then acknowledge() end
  end
  return state
end

-- Called every few milliseconds in each worker: an idle worker sees no request, and a full document is never built inside one. `thorough`: also when
-- the page of all workers tells of nothing, for a worker may be killed before it could tell. Returns whether there was a change.
function M.catch_up(thorough)
  if building or (words[number_of_last] == mine and not thorough) then return false end
  local version = dict:get("v")
  if not version or version == mine then return false end
  local base = dict:get("base")
  if not (base and base <= mine and apply_deltas(version)) then
    building = true
    local ok, err = pcall(M.rebuild, pause.every_slice())
    building = false
    if not ok then ngx.log(ngx.ERR, "the configuration cannot be rebuilt: ", err) end
  end
  acknowledge()
  return true
end

-- A worker that was started later than the last change finds it in the dict.
function M.worker()
  local version = dict:get("v")
  if version and version ~= mine then
    local base = dict:get("base")
    if not (base and base <= mine and apply_deltas(version)) then M.rebuild(pause.never) end
  end
  dict:set("p:" .. ngx.worker.id(), ngx.worker.pid())
  acknowledge()
end

-- Puts a document or a delta into the dict. Returns its number, or nil and what is wrong; nothing valid is ever evicted for it.
-- The number of the last change is written last: until then no worker looks at the rest.
function M.publish(text, version, full)
  local number = (dict:get("v") or 0) + 1
  local base = dict:get("base")
  local entries = { { (full and "d:" or "c:") .. number, text }, { "n:" .. number, version } }
  if full then entries[3] = { "base", number } end
  entries[#entries + 1] = { "v", number }
  for _, entry in ipairs(entries) do
    local ok, err = dict:safe_set(entry[1], entry[2])
    if not ok then
      if base then dict:safe_set("base", base) end
      return nil, "the shared memory for the configuration is full: " .. tostring(err)
    end
  end
  if full and base then
    for old = base, number - 1 do
      dict:delete("d:" .. old)
      dict:delete("c:" .. old)
      dict:delete("n:" .. old)
    end
  end
  words[number_of_last] = number
  return number
end

-- Takes a state that was built in this worker for the change of that number.
function M.adopt(fresh, number)
  swap(fresh, number)
  acknowledge()
end

function M.state()
  return state
end

return M
