import type { Diagnostic, Path } from '../diagnostics/diagnostic.ts'
import type { Layer } from '../model/origin.ts'
import type { Entry, SourceFile } from './config.ts'
import { isFields } from './is-fields.ts'

/** All files laid side by side: nothing overrides anything, the same name twice is an error. */
export interface Merged {
  readonly sections: Map<string, Map<string, Entry>>
  readonly values: Map<string, Entry>
  tests: Entry[]
}

export function mergeFiles(files: Iterable<SourceFile>, diagnostics: Diagnostic[]): Merged {
  const merged: Merged = { sections: new Map(), values: new Map(), tests: [] }
  for (const file of files) {
    if (!isFields(file.value)) continue
    for (const [key, value] of Object.entries(file.value)) {
      if (key === 'include' || key.startsWith('x-')) continue
      if (key === 'tests' && Array.isArray(value)) addTests(merged, file.file, value)
      else if (isFields(value)) addSection(merged, file.file, key, value, diagnostics)
      else if (value !== null) addValue(merged, file.file, key, value, diagnostics)
    }
  }
  return merged
}

function addTests(merged: Merged, file: string, tests: readonly unknown[]): void {
  for (const [index, value] of tests.entries()) {
    merged.tests.push({ name: String(merged.tests.length), value, origin: [{ file, path: ['tests', index] }] })
  }
}

function addSection(merged: Merged, file: string, key: string, names: Record<string, unknown>, diagnostics: Diagnostic[]): void {
  const section = merged.sections.get(key) ?? new Map<string, Entry>()
  merged.sections.set(key, section)
  for (const [name, value] of Object.entries(names)) {
    const layer = { file, path: [key, name] }
    const before = section.get(name)
    if (before) diagnostics.push(twice(`${key}.${name}`, layer, before))
    else section.set(name, { name, value, origin: [layer] })
  }
}

function addValue(merged: Merged, file: string, key: string, value: unknown, diagnostics: Diagnostic[]): void {
  const layer = { file, path: [key] as Path }
  const before = merged.values.get(key)
  if (!before) merged.values.set(key, { name: key, value, origin: [layer] })
  // Every file may say which version of the language it is written in.
  else if (key !== 'version' || before.value !== value) diagnostics.push(twice(key, layer, before))
}

function twice(name: string, layer: Layer, before: Entry): Diagnostic {
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
