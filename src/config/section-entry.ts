import type { Entry, Source } from './config.ts'
import { isFields } from './is-fields.ts'

/** A top-level map as one value. When one file wrote all of it, this is the object of that file; else it is put together anew. */
export function sectionEntry(source: Source, key: string): Entry | undefined {
  const section = source.sections.get(key)
  if (!section) return undefined
  const layers = [...section.values()].flatMap((entry) => entry.origin)
  const files = [...new Set(layers.map((layer) => layer.file))]
  const origin = files.map((file) => ({ file, path: [key] }))
  const holders = files.length > 0 ? files : [...source.files.values()].filter(({ value }) => holds(value, key)).map(({ file }) => file)
  const [only] = holders
  const whole = holders.length === 1 && only !== undefined ? source.files.get(only)?.value : undefined
  if (only !== undefined && holds(whole, key) && isFields(whole[key]) && Object.keys(whole[key]).length === section.size)
    return { name: key, value: whole[key], origin: [{ file: only, path: [key] }] }
  return { name: key, value: Object.fromEntries([...section].map(([name, entry]) => [name, entry.value])), origin }
}

function holds(value: unknown, key: string): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
}
