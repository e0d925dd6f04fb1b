import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { packageRoot } from '../lib/package-root.ts'
import type { RuntimeFiles } from './tree.ts'

/** Reads the Lua runtime and the placeholder certificate that the package ships, whether this runs from `src` or from `dist/src`. */
export async function readRuntimeFiles(): Promise<RuntimeFiles> {
  const root = packageRoot()
  const files = new Map<string, string>()
  for (const entry of await readdir(join(root, 'lua'), { recursive: true })) {
    if (entry.endsWith('.lua') && !entry.startsWith('envoy/')) files.set(`lua/${entry}`, await readFile(join(root, 'lua', entry), 'utf8'))
  }
  for (const name of ['placeholder.pem', 'placeholder.key']) files.set(name, await readFile(join(root, 'templates/nginx', name), 'utf8'))
  return files
}
