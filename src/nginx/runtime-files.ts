import { readdir, readFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RuntimeFiles } from './tree.ts'

/** Reads the Lua runtime and the placeholder certificate that the package ships, whether this runs from `src` or from `dist/src`. */
export async function readRuntimeFiles(): Promise<RuntimeFiles> {
  const root = packageRoot()
  const files = new Map<string, string>()
  for (const entry of await readdir(join(root, 'lua'), { recursive: true })) {
    if (entry.endsWith('.lua')) files.set(`lua/${entry}`, await readFile(join(root, 'lua', entry), 'utf8'))
  }
  for (const name of ['placeholder.pem', 'placeholder.key']) files.set(name, await readFile(join(root, 'templates/nginx', name), 'utf8'))
  return files
}

function packageRoot(): string {
  let dir = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(dir, 'lua', 'sluice'))) {
    const above = dirname(dir)
    if (above === dir) throw new Error(`the package of sluice is not complete: no directory above ${import.meta.url} holds the Lua runtime`)
    dir = above
  }
  return dir
}
