type Json = unknown

/** What `full` says that `base` does not: fields that are new or different. Undefined when there is nothing. */
export function subtract(full: Json, base: Json): Json {
  if (JSON.stringify(full) === JSON.stringify(base)) return undefined
  if (Array.isArray(full) && Array.isArray(base) && full.length === base.length) {
    const items = full.map((item: Json, index) => subtract(item, base[index]))
    return items.length === 1 ? items : full.map((item: Json, index) => items[index] ?? nameOf(item))
  }
  if (Array.isArray(full) && Array.isArray(base)) return added(full, base)
  if (!isObject(full) || !isObject(base)) return full
  const entries = Object.entries(full).flatMap(([key, value]): [string, Json][] => {
    const rest = subtract(value, base[key])
    return rest === undefined ? [] : [[key, rest]]
  })
  return Object.fromEntries(entries)
}

/** Of a list that grew, what was not there before: other items only by name. */
function added(full: readonly Json[], base: readonly Json[]): Json {
  const known = new Set(base.map((item) => JSON.stringify(item)))
  return full.map((item) => (known.has(JSON.stringify(item)) ? nameOf(item) : item))
}

/** Keeps list items recognisable when only a neighbour differs. */
function nameOf(item: Json): Json {
  return isObject(item) && typeof item['name'] === 'string' ? { name: item['name'] } : '…'
}

function isObject(value: Json): value is Record<string, Json> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
