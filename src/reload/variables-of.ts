import type { SourceFile } from '../config/config.ts'

const known = new WeakMap<object, readonly string[]>()

/** Names of the variables `${NAME…}` in the values of a file. References such as `secret://env/NAME` are none, and comments are not values. */
export function variablesOf({ value }: Pick<SourceFile, 'value'>): readonly string[] {
  if (typeof value !== 'object' || value === null) return []
  const before = known.get(value)
  if (before) return before
  const names = new Set<string>()
  collect(value, names)
  const found = [...names].sort()
  known.set(value, found)
  return found
}

function collect(value: unknown, names: Set<string>): void {
  if (typeof value === 'string') {
    // `$$` is a dollar sign, so `$${NAME}` is text.
    if (value.includes('${')) for (const [, name] of value.matchAll(/\$(?:\$|\{([A-Za-z_][A-Za-z0-9_]*))/g)) if (name !== undefined) names.add(name)
  } else if (Array.isArray(value)) value.forEach((item) => collect(item, names))
  else if (typeof value === 'object' && value !== null) for (const item of Object.values(value)) collect(item, names)
}
