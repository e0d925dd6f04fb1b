type Fields = Record<string, unknown>

/**
 * Gives `after` with every part that equals the same part of `before` replaced by the object of `before`, or `before` itself.
 * `after` must not be known to anyone yet: it is changed in place.
 */
export function shareValues(before: unknown, after: unknown): unknown {
  if (before === after || typeof before !== 'object' || typeof after !== 'object' || before === null || after === null) return after
  if (Array.isArray(before) !== Array.isArray(after)) return after
  const old = before as Fields
  const fresh = after as Fields
  const keys = Object.keys(fresh)
  let same = keys.length === Object.keys(old).length
  for (const key of keys) {
    if (!Object.hasOwn(old, key)) same = false
    else {
      fresh[key] = shareValues(old[key], fresh[key])
      if (!Object.is(fresh[key], old[key])) same = false
    }
  }
  return same ? before : after
}
