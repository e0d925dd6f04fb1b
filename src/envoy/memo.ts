import type { Cx } from '../model/cx.ts'
import type { EntityKey, Node } from '../model/gateway.ts'
import type { ReadMaterial } from '../model/material.ts'
import type { RouteCx } from './parts.ts'

/** Where the emitter's current nodes are found, and the content of files and secrets when there may be any. */
export interface Index {
  get(key: EntityKey): Node | undefined
  readonly read?: ReadMaterial
}

/** What was asked of the index, and what it said. */
type Read = readonly [ask: (index: Index) => unknown, answer: unknown]

/** Remembers what was made of a node, and what was read for it: other nodes, files and secrets. `memo = f(node, reads)`. */
export class Memo<V> {
  readonly #known = new WeakMap<Node, { readonly reads: readonly Read[]; readonly value: V }>()

  get(node: Node, index: Index, at: Cx['at'], make: (cx: RouteCx) => V): V {
    const before = this.#known.get(node)
    if (before?.reads.every(([ask, answer]) => ask(index) === answer)) return before.value
    const reads: Read[] = []
    const value = make(recording(index, at, reads))
    this.#known.set(node, { reads, value })
    return value
  }
}

function recording(index: Index, at: Cx['at'], reads: Read[]): RouteCx {
  const get = <K extends Node['kind']>(kind: K, name: string): Extract<Node, { kind: K }> | undefined => {
    const node = index.get(`${kind}/${name}`)
    reads.push([(later) => later.get(`${kind}/${name}`), node])
    return node as Extract<Node, { kind: K }> | undefined
  }
  const read: ReadMaterial = (key) => {
    reads.push([(later) => content(later, key), content(index, key)])
    return contentOf(index, key)
  }
  return { service: (name) => get('service', name), listener: (name) => get('listener', name), route: (name) => get('route', name), at, read }
}

/** As text, since equal content may come as another array after each compile. */
function content(index: Index, key: string): string {
  return Buffer.from(contentOf(index, key)).toString('latin1')
}

function contentOf(index: Index, key: string): Uint8Array {
  if (!index.read) throw new Error(`${key} was not announced as a material`)
  return index.read(key)
}
