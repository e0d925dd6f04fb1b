import { link, readFile, rename, rm, writeFile } from 'node:fs/promises'

/** A lock that another living process holds. */
export interface Held {
  readonly pid: number
}

/**
 * Takes the lock file for this process: resolves with the function that gives it back, or with its holder when that process lives.
 * The lock of a dead process is taken over.
 */
export async function tryLock(path: string): Promise<(() => Promise<void>) | Held> {
  const mine = `${process.pid} ${(await startedAt(process.pid)) ?? ''} ${Math.random().toString(36).slice(2)}`
  const draft = `${path}.${mine.replaceAll(' ', '.')}`
  try {
    await writeFile(draft, mine, { mode: 0o600 }) // a full disk leaves an empty file
    for (;;) {
      if (await linked(draft, path)) {
        return async () => {
          if ((await contentOf(path)) === mine) await rm(path, { force: true })
        }
      }
      const holder = await contentOf(path)
      if (holder === undefined) continue // given back just now
      if (await lives(holder)) return { pid: Number(holder.split(' ')[0]) }
      await discard(path, holder)
    }
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
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

/** Removes the lock of a dead process; if somebody renewed it in between, gives it back. */
async function discard(path: string, stale: string): Promise<void> {
  const aside = `${path}.stale.${process.pid}`
  try {
    await rename(path, aside)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return // somebody else was faster
    throw error
  }
  if ((await contentOf(aside)) !== stale) await linked(aside, path)
  await rm(aside, { force: true })
}

async function lives(holder: string): Promise<boolean> {
  const [pid = '', started = ''] = holder.split(' ')
  if (!/^[1-9]\d*$/.test(pid)) return false
  try {
    process.kill(Number(pid), 0)
  } catch (error) {
    if (codeOf(error) !== 'EPERM') return false
  }
  const now = await startedAt(Number(pid))
  return started === '' || now === undefined || now === started
}

/** When a process started, in clock ticks since boot: tells a process from a later one with the same id. Undefined off Linux. */
async function startedAt(pid: number): Promise<string | undefined> {
  const stat = await contentOf(`/proc/${pid}/stat`)
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
}

function contentOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ESRCH') return undefined
    throw error
  })
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}
