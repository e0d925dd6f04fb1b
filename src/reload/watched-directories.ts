import { glob, lstat, readlink } from 'node:fs/promises'
import { join, parse, resolve, sep } from 'node:path'
import { patternCharacters } from './stamps.ts'

/** Directories to watch, each with the names in it that matter; `any` when every name does. */
export type Directories = Map<string, Set<string> | 'any'>

/** Directories that one pattern may name; a wider one is looked after by polling. */
const maxDirectories = 1_000
/** Symbolic links on the way to one file, as in Linux. */
const maxLinks = 40

/**
 * Where a change of the given files and patterns shows. Files are watched through their directories, because editors and ConfigMaps replace files;
 * every link on the way counts as well, and for what does not exist the nearest directory that does.
 */
export async function directoriesOf(watched: Iterable<string>): Promise<Directories> {
  const found: Directories = new Map()
  const known = new Map<string, Promise<Kind>>()
  const kind: KindOf = (path) => {
    const before = known.get(path) ?? kindOf(path)
    known.set(path, before)
    return before
  }
  for (const path of new Set(watched)) {
    if (!patternCharacters.test(path)) await walk(path, found, kind)
    else for (const directory of await patternDirectories(path)) await walk(join(directory, '*'), found, kind)
  }
  return found
}

type Kind = 'missing' | 'there' | { readonly target: string }
type KindOf = (path: string) => Promise<Kind>

async function walk(path: string, found: Directories, kindAt: KindOf): Promise<void> {
  let links = 0
  let rest = split(path)
  let at = parse(resolve(path)).root
  while (rest.length > 0) {
    const [name = '', ...others] = rest
    if (name === '*') return void found.set(at, 'any')
    const kind = await kindAt(join(at, name))
    if (others.length === 0 || kind === 'missing' || typeof kind === 'object') note(found, at, name)
    if (kind === 'missing') return
    if (typeof kind === 'object' && ++links <= maxLinks) {
      const target = resolve(at, kind.target)
      at = parse(target).root
      rest = [...split(target), ...others]
    } else {
      at = join(at, name)
      rest = others
    }
  }
}

function note(found: Directories, directory: string, name: string): void {
  const names = found.get(directory)
  if (names === undefined) found.set(directory, new Set([name]))
  else if (names !== 'any') names.add(name)
}

function split(path: string): string[] {
  const whole = resolve(path)
  return whole.slice(parse(whole).root.length).split(sep).filter(Boolean)
}

async function kindOf(path: string): Promise<Kind> {
  try {
    return (await lstat(path)).isSymbolicLink() ? { target: await readlink(path) } : 'there'
  } catch {
    return 'missing' // gone between two looks, or not to be read: the nearest directory is watched
  }
}

/** Every directory that may hold a match of the pattern, or a directory that does: `a/*\/b/*.yaml` → a, each a/*, each a/*\/b. */
async function patternDirectories(pattern: string): Promise<Set<string>> {
  const parts = resolve(pattern).split(sep)
  const first = parts.findIndex((part) => patternCharacters.test(part))
  const found = new Set([parts.slice(0, first).join(sep) || sep])
  for (let length = first + 1; length < parts.length; length++) {
    for await (const entry of glob(parts.slice(0, length).join(sep), { withFileTypes: true })) {
      if (entry.isDirectory() || entry.isSymbolicLink()) found.add(join(entry.parentPath, entry.name))
      if (found.size >= maxDirectories) return found
    }
  }
  return found
}
