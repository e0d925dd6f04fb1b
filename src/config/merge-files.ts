import type { Diagnostic } from '../diagnostics/diagnostic.ts'
import { changedKeys } from '../lib/changed-keys.ts'
import type { Layer } from '../model/origin.ts'
import type { Entry, SourceFile } from './config.ts'
import { isFields } from './is-fields.ts'

/** All files laid side by side: nothing overrides anything, the same name twice is an error. */
export interface Merged {
  /** Nobody changes the maps of names: they may be those of the last merge. */
  readonly sections: Map<string, ReadonlyMap<string, Entry>>
  readonly values: Map<string, Entry>
  tests: Entry[]
}

/** What one file says. An entry is the same object for as long as its value is. */
interface Part {
  readonly file: string
  readonly value: unknown
  readonly sections: ReadonlyMap<string, ReadonlyMap<string, Entry>>
  readonly values: readonly Entry[]
  readonly tests: readonly Entry[]
}

/** The last merge, so that the next one costs the files that changed. */
export class MergeMemo {
  parts: ReadonlyMap<string, Part> = new Map()
  /** Undefined when a name was written twice: then all of it has to be said again. */
  sections: ReadonlyMap<string, ReadonlyMap<string, Entry>> | undefined
}

export function mergeFiles(files: Iterable<SourceFile>, diagnostics: Diagnostic[], memo: MergeMemo = new MergeMemo()): Merged {
  const parts = new Map<string, Part>()
  for (const file of files) parts.set(file.file, partOf(file, memo.parts.get(file.file)))
  const found: Diagnostic[] = []
  const merged: Merged = { sections: patchSections(memo, parts) ?? joinSections(parts.values(), found), values: new Map(), tests: [] }
  memo.parts = parts
  memo.sections = found.length === 0 ? new Map(merged.sections) : undefined
  for (const { tests, values } of parts.values()) {
    for (const test of tests) merged.tests.push({ ...test, name: String(merged.tests.length) })
    for (const entry of values) addValue(merged, entry, found)
  }
  diagnostics.push(...found)
  return merged
}

function partOf({ file, value }: SourceFile, before: Part | undefined): Part {
  if (before && before.value === value) return before
  const sections = new Map<string, ReadonlyMap<string, Entry>>()
  const values: Entry[] = []
  let tests: readonly Entry[] = []
  for (const [key, inner] of isFields(value) ? Object.entries(value) : []) {
    if (key === 'include' || key.startsWith('x-')) continue
    if (key === 'tests' && Array.isArray(inner))
      tests = inner.map((test: unknown, index) => ({ name: '', value: test, origin: [{ file, path: ['tests', index] }] }))
    else if (isFields(inner)) sections.set(key, entriesOf(file, key, inner, before?.sections.get(key)))
    else if (inner !== null) values.push({ name: key, value: inner, origin: [{ file, path: [key] }] })
  }
  return { file, value, sections, values, tests }
}

function entriesOf(file: string, section: string, names: Record<string, unknown>, before?: ReadonlyMap<string, Entry>): ReadonlyMap<string, Entry> {
  const entries = new Map<string, Entry>()
  for (const [name, value] of Object.entries(names)) {
    const known = before?.get(name)
    entries.set(name, known && known.value === value ? known : { name, value, origin: [{ file, path: [section, name] }] })
  }
  return before && changedKeys(before, entries).length === 0 ? before : entries
}

/** The sections of the last merge with what the changed files say now; undefined when files or names came. */
function patchSections(memo: MergeMemo, parts: ReadonlyMap<string, Part>): Map<string, ReadonlyMap<string, Entry>> | undefined {
  if (!memo.sections || parts.size !== memo.parts.size) return undefined
  const sections = new Map(memo.sections)
  const copied = new Map<string, Map<string, Entry>>()
  for (const [file, part] of parts) {
    const before = memo.parts.get(file)
    if (before === part) continue
    if (before?.sections.size !== part.sections.size) return undefined
    for (const [key, entries] of part.sections) {
      const old = before.sections.get(key)
      if (old === entries) continue
      const section = copied.get(key) ?? new Map(sections.get(key))
      if (!old || !patchSection(section, old, entries)) return undefined
      copied.set(key, section)
      sections.set(key, section)
    }
  }
  return sections
}

function patchSection(section: Map<string, Entry>, old: ReadonlyMap<string, Entry>, entries: ReadonlyMap<string, Entry>): boolean {
  for (const name of old.keys()) if (!entries.has(name)) section.delete(name)
  for (const [name, entry] of entries) {
    if (!old.has(name)) return false
    if (section.get(name) !== entry) section.set(name, entry)
  }
  return true
}

function joinSections(parts: Iterable<Part>, found: Diagnostic[]): Map<string, ReadonlyMap<string, Entry>> {
  const sections = new Map<string, Map<string, Entry>>()
  for (const part of parts) {
    for (const [key, entries] of part.sections) {
      const section = sections.get(key) ?? new Map<string, Entry>()
      sections.set(key, section)
      for (const [name, entry] of entries) {
        const before = section.get(name)
        if (before) found.push(twice(`${key}.${name}`, entry, before))
        else section.set(name, entry)
      }
    }
  }
  return sections
}

function addValue(merged: Merged, entry: Entry, found: Diagnostic[]): void {
  const before = merged.values.get(entry.name)
  if (!before) merged.values.set(entry.name, entry)
  // Every file may say which version of the language it is written in.
  else if (entry.name !== 'version' || before.value !== entry.value) found.push(twice(entry.name, entry, before))
}

function twice(name: string, entry: Entry, before: Entry): Diagnostic {
  const layer: Layer = entry.origin[0] ?? { file: '', path: [] }
  const first = before.origin[0] ?? layer
  return {
    code: 'config/duplicate-name',
    severity: 'error',
    message: `"${name}" is written in two files`,
    at: { ...layer, side: 'key' },
    related: [{ message: 'first here', at: { ...first, side: 'key' } }],
    help: 'remove or rename one of the two; to change it for one environment, use an overlay',
  }
}
