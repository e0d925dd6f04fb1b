import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Makes a directory and those above it. Gives the uppermost one that was made, and undefined when all were there. Rejects with the error of the file
 * system. Node's own `recursive` never ends where a directory that exists cannot be written to but says ENOENT, as /proc does.
 */
export async function makeDirectory(path: string, mode?: number): Promise<string | undefined> {
  const error = await tryOne(path, mode)
  if (!error) return path
  if (await isDirectory(path)) return undefined
  if (error.code !== 'ENOENT' || dirname(path) === path) throw error
  const above = await makeDirectory(dirname(path), mode)
  const again = await tryOne(path, mode)
  if (again && !(await isDirectory(path))) throw again
  return above ?? path
}

async function tryOne(path: string, mode: number | undefined): Promise<NodeJS.ErrnoException | undefined> {
  return mkdir(path, mode).then(
    () => undefined,
    (error: unknown) => error as NodeJS.ErrnoException,
  )
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}
