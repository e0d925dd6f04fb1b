import type { Cx } from '../model/cx.ts'
import type { EntityKey, Node } from '../model/gateway.ts'

/** Where the emitter's current nodes are found. */
export interface Index {
  get(key: EntityKey): Node | undefined
}

type Read = readonly [key: EntityKey, node: Node | undefined]

/** Remembers what was made of a node, and which other nodes were read to make it: `memo = f(node, reads)`. */
export class Memo<V> {
  readonly #known = new WeakMap<Node, { readonly reads: readonly Read[]; readonly value: V }>()

  get(node: Node, index: Index, at: Cx['at'], make: (cx: Cx) => V): V {
    const before = this.#known.get(node)
    if (before?.reads.every(([key, read]) => index.get(key) === read)) return before.value
    const reads: Read[] = []
    const value = make(recording(index, at, reads))
    this.#known.set(node, { reads, value })
    return value
  }
}

function recording(index: Index, at: Cx['at'], reads: Read[]): Cx {
  const read = <K extends Node['kind']>(kind: K, name: string): Extract<Node, { kind: K }> | undefined => {
    const node = index.get(`${kind}/${name}`)
    reads.push([`${kind}/${name}`, node])
    return node as Extract<Node, { kind: K }> | undefined
  }
  return { service: (name) => read('service', name), listener: (name) => read('listener', name), route: (name) => read('route', name), at }
}
