import type { Diagnostic, Place } from '../diagnostics/diagnostic.ts'
import { didYouMean } from '../diagnostics/suggest.ts'
import type { SourceFile } from './config.ts'
import type { FileCache } from './file-cache.ts'
import { isFields } from './is-fields.ts'
import type { Merged } from './merge-files.ts'

/**
 * Lays an overlay over the merged files, as a merge patch by name (RFC 7396): maps merge, null deletes, everything else replaces.
 * What the overlay does not name stays the same object.
 */
export function applyOverlay(merged: Merged, overlay: SourceFile, cache: FileCache, diagnostics: Diagnostic[]): void {
  if (!isFields(overlay.value)) return
  for (const [key, value] of Object.entries(overlay.value)) {
    if (key.startsWith('x-') || key === 'version') continue
    const at: Place = { file: overlay.file, path: [key], side: 'key' }
    if (key === 'include')
      diagnostics.push({
        code: 'config/bad-include',
        severity: 'error',
        message: 'an overlay cannot include files',
        at,
        help: 'include them from the main file',
      })
    else if (value === null) dropKey(merged, key, at, diagnostics)
    else if (key === 'tests' && Array.isArray(value))
      merged.tests = value.map((test: unknown, index) => ({ name: String(index), value: test, origin: [{ file: overlay.file, path: [key, index] }] }))
    else if (isFields(value)) patchSection(merged, overlay.file, key, value, cache, diagnostics)
    else merged.values.set(key, { name: key, value, origin: [{ file: overlay.file, path: [key] }] })
  }
}

function dropKey(merged: Merged, key: string, at: Place, diagnostics: Diagnostic[]): void {
  if (key === 'tests' && merged.tests.length > 0) merged.tests = []
  else if (!merged.sections.delete(key) && !merged.values.delete(key))
    diagnostics.push(unknown(`top-level key "${key}"`, at, didYouMean(key, merged.sections.keys())))
}

function patchSection(
  merged: Merged,
  file: string,
  key: string,
  patches: Record<string, unknown>,
  cache: FileCache,
  diagnostics: Diagnostic[],
): void {
  const section = new Map(merged.sections.get(key))
  merged.sections.set(key, section)
  for (const [name, patch] of Object.entries(patches)) {
    const layer = { file, path: [key, name] }
    const before = section.get(name)
    if (patch === null) {
      if (!section.delete(name)) diagnostics.push(unknown(`"${key}.${name}"`, { ...layer, side: 'key' }, didYouMean(name, section.keys())))
    } else if (before && isFields(before.value) && isFields(patch)) {
      const base = before.value
      section.set(name, { name, value: cache.merged(base, patch, () => mergePatch(base, patch)), origin: [...before.origin, layer] })
    } else section.set(name, { name, value: isFields(patch) ? cache.merged(patch, patch, () => mergePatch({}, patch)) : patch, origin: [layer] })
  }
}

const unknown = (what: string, at: Place, help: string | undefined): Diagnostic => ({
  code: 'config/unknown-overlay-name',
  severity: 'error',
  message: `the overlay deletes ${what}, which does not exist`,
  at,
  help,
})

/** JSON merge patch: the base is not changed, and returned as it is when the patch changes nothing. */
function mergePatch(base: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch
  const from = isFields(base) ? base : {}
  const result: Record<string, unknown> = { ...from }
  let changed = from !== base
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) {
      changed ||= Object.hasOwn(result, key)
      delete result[key]
      continue
    }
    const inner = Object.hasOwn(from, key) ? from[key] : undefined
    const merged = mergePatch(inner, value)
    changed ||= merged !== inner
    result[key] = merged
  }
  return changed ? result : base
}
