import { chmod, mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { writeFileAtomically } from '../lib/write-file-atomically.ts'
import { type TreeFile, treeDirectories } from './tree.ts'

/** Writes the tree; each file is old or new as a whole. Files that are not part of it stay. */
export async function writeTree(dir: string, tree: ReadonlyMap<string, TreeFile>): Promise<void> {
  for (const [name, mode] of treeDirectories) {
    await mkdir(join(dir, name), { recursive: true })
    await chmod(join(dir, name), mode)
  }
  for (const [path, { text, mode }] of tree) {
    await mkdir(dirname(join(dir, path)), { recursive: true })
    await writeFileAtomically(join(dir, path), text, mode)
  }
}
