import { realpath, stat } from 'node:fs/promises'
import type { Files } from '../config/files.ts'

/** What can be told of one watched path without reading it. */
export interface Stamp {
  /** Device and inode: another one means that the file was replaced as a whole. Empty when there is no regular file. */
  readonly file: string
  /** Size and times; for a pattern, the files that it matches. */
  readonly state: string
  /** Whether something other than writing was the last thing that happened to it, such as a rename. */
  readonly moved: boolean
  /** Where the file itself is, behind all links. */
  readonly place?: string
}

export type Stamps = ReadonlyMap<string, Stamp>

/** Characters that make a path a pattern, as the reader of includes sees it. */
export const patternCharacters = /[*?[\]{}]/

/** Looks at every path; never rejects. */
export async function stampsOf(watched: Iterable<string>, files: Files): Promise<Stamps> {
  const paths = [...new Set(watched)]
  return new Map(await Promise.all(paths.map(async (path) => [path, await stampOf(path, files)] as const)))
}

async function stampOf(path: string, files: Files): Promise<Stamp> {
  try {
    const stats = await stat(path, { bigint: true })
    const { dev, ino, size, mtimeNs, ctimeNs } = stats
    if (!stats.isFile()) return { file: '', state: 'not a file', moved: false }
    return { file: `${dev}:${ino}`, state: `${size} ${mtimeNs} ${ctimeNs}`, moved: ctimeNs > mtimeNs, place: await realpath(path) }
  } catch (error) {
    if (patternCharacters.test(path)) return { file: '', state: (await files.glob(path)).join('\n'), moved: false }
    return { file: '', state: error instanceof Error && 'code' in error ? String(error.code) : 'unknown', moved: false }
  }
}

/** Paths that both know and that differ. */
export function changedPaths(before: Stamps, after: Stamps): string[] {
  return [...after].filter(([path, stamp]) => before.has(path) && !sameStamp(before.get(path), stamp)).map(([path]) => path)
}

/** Whether all that changed was replaced by another file, as a rename does, so that no file was ever seen half-written. */
export function replacedWhole(before: Stamps, after: Stamps): boolean {
  return changedPaths(before, after).every((path) => {
    const [old, now] = [before.get(path)?.file, after.get(path)?.file]
    return old !== '' && now !== '' && old !== now
  })
}

/** Whether a file took the place of another one and was not written since, or a link points to another place now: such a file is whole. */
export function movedInto(before: Stamp | undefined, after: Stamp | undefined): boolean {
  if (before === undefined || after === undefined || after.file === '') return false
  return (after.moved && after.file !== before.file) || after.place !== before.place
}

function sameStamp(a: Stamp | undefined, b: Stamp | undefined): boolean {
  return a?.file === b?.file && a?.state === b?.state
}
