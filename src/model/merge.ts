import type { Point } from '../feature.ts'

type Fields = Readonly<Record<string, unknown>>

/** The word that clears an inherited value. */
const none = 'none'

/**
 * Lays policy layers over each other, the strongest last. Objects merge field by field where the point says so;
 * lists, scalars and one-of objects replace; `none` in the place of a whole key clears. Keys that no point names are left out.
 */
export function mergePolicies(points: readonly Point[], layers: readonly (Fields | undefined)[]): Map<string, unknown> {
  const merged = new Map<string, unknown>()
  for (const point of points) {
    let value: unknown
    for (const layer of layers) {
      const own = layer && Object.hasOwn(layer, point.key) ? layer[point.key] : undefined
      if (own === undefined) continue
      if (own === none || own === null) value = undefined
      else value = point.merge === 'fields' ? mergeFields(withoutOtherForms(point, value, own), own, point.whole) : own
    }
    if (value !== undefined) merged.set(point.key, value)
  }
  return merged
}

function mergeFields(weak: unknown, strong: unknown, whole: readonly string[] = []): unknown {
  if (!isFields(weak) || !isFields(strong)) return strong
  const result: Record<string, unknown> = { ...weak }
  for (const [key, value] of Object.entries(strong)) result[key] = whole.includes(key) ? value : mergeFields(weak[key], value)
  return result
}

function withoutOtherForms({ forms = [] }: Point, weak: unknown, strong: unknown): unknown {
  if (!isFields(weak) || !isFields(strong)) return weak
  const chosen = forms.find((form) => form.some((key) => Object.hasOwn(strong, key)))
  if (!chosen) return weak
  const others = new Set(forms.filter((form) => form !== chosen).flat())
  return Object.fromEntries(Object.entries(weak).filter(([key]) => !others.has(key)))
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
