import type { Path } from '../diagnostics/diagnostic.ts'

/** How many steps of a path exist in a value. */
export function depthOf(value: unknown, path: Path): number {
  let node = value
  for (const [depth, part] of path.entries()) {
    if (typeof node !== 'object' || node === null || !Object.hasOwn(node, part)) return depth
    node = (node as Record<string | number, unknown>)[part]
  }
  return path.length
}
