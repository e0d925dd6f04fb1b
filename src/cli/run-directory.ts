import { createHash } from 'node:crypto'
import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { checkRunDir, RunDirUnusable } from '../engine/run-lock.ts'
import type { Log } from './log.ts'

/** Where the sockets, the bootstrap file and the lock of the own proxy are. */
export interface RunDirectory extends Disposable {
  readonly path: string
}

/**
 * The directory of the proxy below a state directory, checked (`socket` is the path of a unix socket in it): rejects with AlreadyRunning while another process has it. When nothing can be
 * written there, such as on a full or read-only disk, a fresh directory for temporary files that is removed at the end: a gateway must come up.
 */
export async function openRunDirectory(stateDir: string, socket: string, log: Log): Promise<RunDirectory> {
  const wanted = wantedPath(stateDir, socket)
  const made = [wanted, dirname(wanted)].filter((dir) => !existsSync(dir))
  try {
    await checkRunDir(wanted)
    return { path: wanted, [Symbol.dispose]: () => made.forEach(removeEmpty) }
  } catch (error) {
    if (!(error instanceof RunDirUnusable)) throw error
    const other = await freshDirectory(error)
    const lost = 'another `sluice run` of the same state directory would not be noticed'
    log.say('warn', `${error.message}; the proxy runs in ${other.path} this time, and ${lost}`, { event: 'run-dir-problem', dir: other.path })
    return other
  }
}

async function freshDirectory(cause: RunDirUnusable): Promise<RunDirectory> {
  const path = await mkdtemp(join(tmpdir(), 'sluice-run-')).catch((error: unknown) => {
    throw new RunDirUnusable(`${cause.message}; and not for temporary files: ${error instanceof Error ? error.message : String(error)}`, { cause })
  })
  const remove = (): void => rmSync(path, { recursive: true, force: true })
  // A second signal ends the process without the end of `run`.
  process.once('exit', remove)
  const directory: RunDirectory = {
    path,
    [Symbol.dispose]() {
      process.off('exit', remove)
      remove()
    },
  }
  try {
    await checkRunDir(path)
    return directory
  } catch (error) {
    directory[Symbol.dispose]()
    throw error
  }
}

/** A start that was refused leaves nothing behind; after any other, something is in there. */
function removeEmpty(dir: string): void {
  if (existsSync(dir) && readdirSync(dir).length === 0) rmdirSync(dir)
}

/** Sockets have short paths (107 bytes): a deep state directory gets a place of its own elsewhere. */
function wantedPath(stateDir: string, socket: string): string {
  const beside = join(stateDir, 'run')
  if (Buffer.byteLength(join(beside, socket)) <= 107) return beside
  return join(tmpdir(), `sluice-${createHash('sha256').update(stateDir).digest('hex').slice(0, 16)}`)
}
