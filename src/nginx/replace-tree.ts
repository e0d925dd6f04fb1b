import { chmod, link, mkdir, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { makeDirectory } from '../lib/make-directory.ts'
import { writeFileAtomically } from '../lib/write-file-atomically.ts'
import { deltasPath, documentPath, manifestPath, type TreeFile, treeDirectories } from './tree.ts'

/**
 * Puts a tree in the place of the one in `dir`: all of it, or, when anything fails, nothing: then the files that were there are there again, byte for byte.
 * New files are written beside the old ones and renamed at the end, so a full disk is met before anything is touched. Files that only the old tree had
 * go, and so does what its workers have saved; logs stay. Rejects with the reason.
 */
export async function replaceTree(dir: string, tree: ReadonlyMap<string, TreeFile>): Promise<void> {
  const made = await makeDirectory(dir)
  try {
    const stage = await mkdtemp(join(dir, '.sluice-'))
    try {
      const changed = await writeAside(dir, stage, tree)
      const gone = [...(await oldFiles(dir)).filter((path) => !tree.has(path)), deltasPath]
      for (const path of [...changed, ...gone]) await mkdir(dirname(join(stage, 'old', path)), { recursive: true })
      for (const path of changed) await mkdir(dirname(join(dir, path)), { recursive: true })
      for (const [name, mode] of treeDirectories) {
        await mkdir(join(dir, name), { recursive: true })
        await chmod(join(dir, name), mode)
      }
      await commit(dir, stage, changed, gone)
    } finally {
      await rm(stage, { recursive: true, force: true })
    }
  } catch (error) {
    if (made !== undefined) await rm(made, { recursive: true, force: true })
    throw error
  }
}

/** What nginx reads first comes last: a process killed in the middle leaves whole files, and the old nginx.conf with what it needs. */
const last = ['nginx.conf', documentPath, manifestPath]

async function writeAside(dir: string, stage: string, tree: ReadonlyMap<string, TreeFile>): Promise<string[]> {
  const changed: string[] = []
  for (const [path, file] of tree) {
    if (await same(join(dir, path), file)) continue
    await mkdir(dirname(join(stage, path)), { recursive: true })
    await writeFileAtomically(join(stage, path), file.text, file.mode)
    changed.push(path)
  }
  return changed.sort((a, b) => last.indexOf(a) - last.indexOf(b))
}

/** Renames only: none of it needs room for bytes. */
async function commit(dir: string, stage: string, changed: readonly string[], gone: readonly string[]): Promise<void> {
  const done: string[] = []
  try {
    for (const path of changed) {
      await keep(join(dir, path), join(stage, 'old', path))
      done.push(path)
      await rename(join(stage, path), join(dir, path))
    }
    for (const path of gone) {
      await keep(join(dir, path), join(stage, 'old', path))
      done.push(path)
      await rm(join(dir, path), { force: true })
    }
  } catch (error) {
    for (const path of done.toReversed()) await restore(join(stage, 'old', path), join(dir, path))
    throw error
  }
}

/** Gives the old file, if there is one, a second name. */
async function keep(path: string, old: string): Promise<void> {
  await link(path, old).catch((error: unknown) => {
    if (!isMissing(error)) throw error
  })
}

async function restore(old: string, path: string): Promise<void> {
  await rename(old, path).catch(async (error: unknown) => {
    if (!isMissing(error)) throw error
    await rm(path, { force: true })
  })
}

async function same(path: string, { text, mode }: TreeFile): Promise<boolean> {
  const [old, info] = await Promise.all([readFile(path, 'utf8').catch(() => undefined), stat(path).catch(() => undefined)])
  return old === text && info !== undefined && (info.mode & 0o777) === mode
}

/** Files of the tree that is there, by its own word; none when it says nothing. */
async function oldFiles(dir: string): Promise<string[]> {
  const text = await readFile(join(dir, manifestPath), 'utf8').catch(() => '{}')
  return filesIn(text).filter((path) => /^(lua|trust|conf)\/[\w./-]+$/.test(path) && !path.includes('..'))
}

/** Whatever stands there: nobody makes sluice fail, or remove something else, by writing a manifest. */
function filesIn(text: string): string[] {
  try {
    const { files } = JSON.parse(text) as { readonly files?: unknown }
    return Array.isArray(files) ? files.filter((path) => typeof path === 'string') : []
  } catch {
    return []
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
