import type { Node } from './gateway.ts'

/** Canonical text of plain data: keys sorted, so equal content gives equal text. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (inner === null || typeof inner !== 'object' || Array.isArray(inner)) return inner
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}

/** Gives the object of the last compile back when a node's content has not changed, so that later stages can compare by identity. */
export class Interner {
  #known = new Map<string, { text: string; node: Node }>()
  #next = new Map<string, { text: string; node: Node }>()

  intern<N extends Node>(node: N): N {
    const key = `${node.kind}/${node.name}`
    const text = canonical(node)
    const before = this.#known.get(key)
    const entry = before?.text === text ? before : { text, node }
    this.#next.set(key, entry)
    return entry.node as N
  }

  /** Keeps a node that is known to be unchanged, without looking at its content. */
  keep(node: Node): void {
    const key = `${node.kind}/${node.name}`
    const entry = this.#known.get(key) ?? { text: canonical(node), node }
    this.#next.set(key, entry)
  }

  /** Ends a compile: what it did not name is forgotten. */
  commit(): void {
    this.#known = this.#next
    this.#next = new Map()
  }

  /** Ends a compile that failed: what was known stays known. */
  discard(): void {
    this.#next = new Map()
  }
}
