import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Longest CPU time between two looks of a worker for changes, per worker, kept in a file of its own. The first seconds are those of LuaJIT. */
const measure = `
local ffi = require("ffi")
ffi.cdef("struct bench_time { long s; long ns; }; int clock_gettime(int clock, struct bench_time *time);")
local time, before, most, from = ffi.new("struct bench_time"), nil, 0, ngx.now() + 2
local function note()
  ffi.C.clock_gettime(3, time) -- CLOCK_THREAD_CPUTIME_ID
  local now = tonumber(time.s) * 1000 + tonumber(time.ns) / 1e6
  if before and now - before > most and ngx.now() > from then
    most = now - before
    local file = io.open(ngx.config.prefix() .. "run/looks." .. ngx.worker.id(), "wb")
    file:write(most)
    file:close()
  end
  before = now
end
`

/**
 * Makes the workers of a tree note how much CPU they use between two looks for changes, every few milliseconds: what they do without a pause, such as
 * taking up a delta, keeps a request waiting no longer than that. Unlike a clock it does not count the time of other processes. Call it before the start.
 */
export function noteLooks(dir: string): void {
  const file = join(dir, 'lua/sluice/look.lua')
  const text = readFileSync(file, 'utf8')
  const start = 'local function look()\n'
  if (!text.includes(start)) throw new Error('the runtime looks for changes in another way')
  writeFileSync(
    file,
    text.replace(start, () => `${measure}\n${start}  note()\n`),
  )
}

/** The longest of all workers so far, in milliseconds. */
export function longestLook(dir: string): number {
  return Math.max(0, ...globSync('run/looks.*', { cwd: dir }).map((file) => Number(readFileSync(join(dir, file), 'utf8'))))
}
