import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Path of a file that the package ships, whether this runs from `src` or from `dist/src`. */
export function packageFile(name: string): string {
  let dir = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(dir, 'package.json'))) {
    const above = dirname(dir)
    if (above === dir) throw new Error(`the package of sluice is not complete: no directory above ${import.meta.url} holds a package.json`)
    dir = above
  }
  return join(dir, name)
}
