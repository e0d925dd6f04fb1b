/** The last answer for a map, because several stages ask for the same two. It must not keep the older one alive, nor all those before. */
const answers = new WeakMap<object, { readonly before: WeakRef<object>; readonly changed: readonly string[] }>()

/**
 * Keys under which two maps hold different objects, or that only one of them has; those of `after` first. An order that is different is no change.
 * Cost: a step per entry while the keys come in the same order, a lookup per entry after that. Nobody may change the maps afterwards.
 */
export function changedKeys<V>(before: ReadonlyMap<string, V>, after: ReadonlyMap<string, V>): readonly string[] {
  if (before === after) return []
  const known = answers.get(after)
  if (known?.before.deref() === before) return known.changed
  const changed = compared(before, after)
  answers.set(after, { before: new WeakRef(before), changed })
  return changed
}

function compared<V>(before: ReadonlyMap<string, V>, after: ReadonlyMap<string, V>): string[] {
  const changed: string[] = []
  const old = before.entries()
  let inOrder = true
  let found = 0
  for (const [key, value] of after) {
    if (inOrder) {
      const next = old.next()
      if (!next.done && next.value[0] === key) {
        found++
        if (next.value[1] !== value) changed.push(key)
        continue
      }
      inOrder = false
    }
    if (before.has(key)) found++
    if (before.get(key) !== value) changed.push(key)
  }
  if (found < before.size) for (const key of before.keys()) if (!after.has(key)) changed.push(key)
  return changed
}
