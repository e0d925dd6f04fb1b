import { hash } from 'node:crypto'
import { dirname, isAbsolute, relative, resolve } from 'node:path'
import type { SourceFile } from '../config/config.ts'
import type { Files } from '../config/files.ts'
import { compare } from '../lib/compare.ts'
import { variablesOf } from './variables-of.ts'

/** Version of the layout below; a file of another one is not read. */
const savedVersion = 1

/** What is needed to serve the same again without the files. Paths are relative to the directory of the root file. */
export interface Saved {
  readonly root: string
  readonly overlay: string | null
  /** Path and text of every file, as written: secrets are references in there, never values. */
  readonly files: readonly (readonly [path: string, text: string])[]
  /** What each include pattern matched. */
  readonly patterns: readonly (readonly [pattern: string, paths: readonly string[]])[]
  /** Values of the `${NAME}` variables that the files use; null = was not set. */
  readonly variables: readonly (readonly [name: string, value: string | null])[]
}

type Env = Readonly<Record<string, string | undefined>>

export interface Taken {
  readonly root: string
  readonly overlay: string | undefined
  readonly files: ReadonlyMap<string, SourceFile>
  readonly patterns: ReadonlyMap<string, readonly string[]>
  readonly env: Env
}

export function toSaved({ root, overlay, files, patterns, env }: Taken): Saved {
  const base = dirname(resolve(root))
  const path = (file: string): string => relative(base, resolve(file))
  const texts = [...files.values()].map(({ text }) => text)
  // A name that is also a secret reference keeps its value out of the file, even where it stands as a plain variable.
  const isSecret = (name: string): boolean => texts.some((text) => new RegExp(`secret://env/${name}(?![A-Za-z0-9_])`).test(text))
  const names = new Set([...files.values()].flatMap(variablesOf))
  return {
    root: path(root),
    overlay: overlay ?? null,
    files: [...files.values()].map(({ file, text }) => [path(file), text] as const).sort(([a], [b]) => compare(a, b)),
    patterns: [...patterns].map(([pattern, found]) => [path(pattern), found.map(path)] as const).sort(([a], [b]) => compare(a, b)),
    variables: [...names]
      .filter((name) => !isSecret(name))
      .sort(compare)
      .map((name) => [name, (Object.hasOwn(env, name) ? env[name] : undefined) ?? null] as const),
  }
}

/** The files as they were saved, seen from where the root file stands now. */
export function savedFiles(saved: Saved, root: string): Files {
  const base = dirname(resolve(root))
  const texts = new Map(saved.files)
  const patterns = new Map(saved.patterns)
  const key = (path: string): string => relative(base, resolve(path))
  return {
    read(path) {
      const text = texts.get(key(path))
      return Promise.resolve(text === undefined ? { problem: 'is not in the last good state', missing: true } : { text })
    },
    glob(pattern) {
      const found = (patterns.get(key(pattern)) ?? []).map((path) => resolve(base, path))
      return Promise.resolve(isAbsolute(pattern) ? found : found.map((path) => relative('', path)))
    },
  }
}

/** The environment of then for the variables that the files use, and the one of now for everything else, such as secrets. */
export function savedEnv(saved: Saved, env: Env): Env {
  const values = Object.fromEntries(saved.variables.map(([name, value]) => [name, value ?? undefined]))
  return { ...env, ...values }
}

/** JSON text of a state with its checksum. */
export function encode(saved: Saved, now: number): { readonly text: string; readonly checksum: string } {
  const content = JSON.stringify(saved)
  const checksum = checksumOf(content)
  return { text: `{"schemaVersion":${savedVersion},"savedAt":${Math.round(now)},"checksum":"${checksum}","content":${content}}\n`, checksum }
}

export interface Decoded {
  readonly saved: Saved
  /** Milliseconds since 1970. */
  readonly savedAt: number
  readonly checksum: string
}

/** Throws with a sentence when the text is not whole or not ours. */
export function decode(text: string): Decoded {
  const whole = JSON.parse(text) as { schemaVersion?: unknown; savedAt?: unknown; checksum?: unknown; content?: unknown }
  if (whole.schemaVersion !== savedVersion)
    throw new Error(`has schemaVersion ${JSON.stringify(whole.schemaVersion)}, and ${savedVersion} is understood`)
  if (typeof whole.content !== 'object') throw new Error('has no content')
  const checksum = checksumOf(JSON.stringify(whole.content))
  if (whole.checksum !== checksum) throw new Error('does not fit its checksum')
  return { saved: whole.content as Saved, savedAt: typeof whole.savedAt === 'number' ? whole.savedAt : 0, checksum }
}

const checksumOf = (content: string): string => hash('sha256', content, 'hex')
