import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The directory that holds the Lua runtime, whether this runs from `src` or from `dist/src`. Throws when the package is not complete. */
export function packageRoot(): string {
  let dir = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(dir, 'lua', 'sluice'))) {
    const above = dirname(dir)
    if (above === dir) throw new Error(`the package of sluice is not complete: no directory above ${import.meta.url} holds the Lua runtime`)
    dir = above
  }
  return dir
}
