import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { tryLock } from './file-lock.ts'

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

/** Rejects as lockRunDir does, and takes nothing: for those who want to know before they open anything. */
export async function checkRunDir(dir: string): Promise<void> {
  await (
    await lockRunDir(dir)
  )()
}

async function lockIn(dir: string): ReturnType<typeof tryLock> {
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 })
    return await tryLock(join(dir, 'run.lock'))
  } catch (error) {
    throw new RunDirUnusable(`cannot write in ${dir}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}
