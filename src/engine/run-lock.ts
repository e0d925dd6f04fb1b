import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { tryLock } from './file-lock.ts'

/** Another process runs the proxy of this directory. */
export class AlreadyRunning extends Error {}

/** Makes the directory (mode 0700) and takes it for this process; rejects with AlreadyRunning while the process that took it lives. Returns the function that gives it back. */
export async function lockRunDir(dir: string): Promise<() => Promise<void>> {
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const lock = await tryLock(join(dir, 'run.lock'))
  if (typeof lock === 'function') return lock
  throw new AlreadyRunning(`another sluice (pid ${lock.pid}) already runs the proxy of ${dir}; stop it, or choose another directory`)
}
