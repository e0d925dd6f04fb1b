import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Another process runs the proxy of this directory. */
export class AlreadyRunning extends Error {}

/**
 * Makes the directory (mode 0700) and takes it for this process; rejects with AlreadyRunning while the process that took it lives.
 * The lock of a dead process is taken over. Returns the function that gives it back.
 */
export async function lockRunDir(dir: string): Promise<() => Promise<void>> {
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const path = join(dir, 'run.lock')
  const mine = `${process.pid} ${(await startedAt(process.pid)) ?? ''}`
  const draft = join(dir, `run.lock.${process.pid}.${Math.random().toString(36).slice(2)}`)
  await writeFile(draft, mine, { mode: 0o600 })
  try {
    for (let attempt = 0; attempt < 5; attempt++) {
      if (await linked(draft, path)) {
        return async () => {
          if ((await readFile(path, 'utf8').catch(() => '')) === mine) await rm(path, { force: true })
        }
      }
      const holder = await readFile(path, 'utf8').catch(() => '')
      if (holder !== '' && (await lives(holder)))
        throw new AlreadyRunning(
          `another sluice (pid ${holder.split(' ')[0]}) already runs the proxy of ${dir}; stop it, or choose another directory`,
        )
      await discard(path, holder)
    }
    throw new AlreadyRunning(`could not take ${path}: other processes keep taking it`)
  } finally {
    await rm(draft, { force: true })
  }
}

/** A hard link either creates the lock with its content or fails: there is never a half-written lock. */
async function linked(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

/** Removes the lock of a dead process; if somebody renewed it in between, gives it back. */
async function discard(path: string, stale: string): Promise<void> {
  const aside = `${path}.stale.${process.pid}`
  try {
    await rename(path, aside)
  } catch {
    return // somebody else was faster
  }
  if ((await readFile(aside, 'utf8')) !== stale) await linked(aside, path)
  await rm(aside, { force: true })
}

async function lives(holder: string): Promise<boolean> {
  const [pid = '', started = ''] = holder.split(' ')
  try {
    process.kill(Number(pid), 0)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
  const now = await startedAt(Number(pid))
  return started === '' || now === undefined || now === started
}

/** When a process started, in clock ticks since boot: tells a process from a later one with the same id. Undefined off Linux. */
async function startedAt(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
}
