/** Two features wrote the same field of one message: a defect of sluice, never of the user's file. */
class PatchConflict extends Error {}

type Fields = Readonly<Record<string, unknown>>

/** Lays patches together: objects one level deep field by field, lists joined; two writers of one field throw PatchConflict. */
export function layTogether<P extends object>(patches: readonly P[]): P {
  const result: Record<string, unknown> = {}
  for (const patch of patches) {
    for (const [key, value] of Object.entries(patch)) {
      if (value === undefined) continue
      result[key] = key in result ? join(key, result[key], value) : value
    }
  }
  return result as P
}

function join(key: string, a: unknown, b: unknown): unknown {
  if (Array.isArray(a) && Array.isArray(b)) return [...(a as unknown[]), ...(b as unknown[])]
  if (!isFields(a) || !isFields(b)) throw new PatchConflict(`two features write ${key}`)
  const joined: Record<string, unknown> = { ...a }
  for (const [field, value] of Object.entries(b)) {
    if (value === undefined) continue
    if (!(field in joined)) joined[field] = value
    else if (Array.isArray(joined[field]) && Array.isArray(value)) joined[field] = [...(joined[field] as unknown[]), ...(value as unknown[])]
    else throw new PatchConflict(`two features write ${key}.${field}`)
  }
  return joined
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !('$typeName' in value)
}
