import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tryLock } from './file-lock.ts'
import { makeDirectory } from '../lib/make-directory.ts'

/** More than the bootstrap file of a proxy takes. */
const probeBytes = 65_536

/** Another process runs the proxy of this directory. */
export class AlreadyRunning extends Error {}

/** The directory cannot be made or written to. */
export class RunDirUnusable extends Error {}

/**
 * Makes the directory (mode 0700) and takes it for this process. Rejects with AlreadyRunning while the process that took it lives, and with
 * RunDirUnusable when nothing can be written there. Returns the function that gives it back.
 */
export async function lockRunDir(dir: string): Promise<() => Promise<void>> {
  const lock = await lockIn(dir)
  if (typeof lock === 'function') return lock
  throw new AlreadyRunning(`another sluice (pid ${lock.pid}) already runs the proxy of ${dir}; stop it, or choose another directory`)
}

/** Rejects as lockRunDir does, or when there is no room for the files of a proxy, and takes nothing: for those who want to know before they open anything. */
export async function checkRunDir(dir: string): Promise<void> {
  const unlock = await lockRunDir(dir)
  const probe = join(dir, `probe.${process.pid}`)
  try {
    // A nearly full disk still takes a lock of a few bytes.
    await writeFile(probe, Buffer.alloc(probeBytes), { mode: 0o600 })
  } catch (error) {
    throw unusable(dir, error)
  } finally {
    await rm(probe, { force: true })
    await unlock()
  }
}

async function lockIn(dir: string): ReturnType<typeof tryLock> {
  try {
    await makeDirectory(dir, 0o700)
    return await tryLock(join(dir, 'run.lock'))
  } catch (error) {
    throw unusable(dir, error)
  }
}

function unusable(dir: string, error: unknown): RunDirUnusable {
  return new RunDirUnusable(`cannot write in ${dir}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
}
