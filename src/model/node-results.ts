import { changedKeys } from '../lib/changed-keys.ts'
import type { Cx } from './cx.ts'
import type { Gateway, Node } from './gateway.ts'

type Kind = Node['kind']
type Nodes = Pick<Gateway, 'listeners' | 'services' | 'routes'>

/** Something that is no node: how it is asked for, and what the answer was. */
type Outside<I> = readonly [ask: (input: I) => unknown, answer: unknown]

/** The way in which other nodes are read, and everything else that a result is made of. */
export interface TrackedCx<I> extends Omit<Cx, 'at'> {
  /** Asks for something that is no node. The result is made again when the answer is another one. */
  outside<T>(ask: (input: I) => T): T
  /** The result must be made again each time. */
  never(): void
}

/**
 * What was made of each node of one kind. It is made again only when the node is another object, or another node that was read for it, or when an answer
 * from outside is different. So bringing everything up to date costs what changed, and whatever depends on that.
 */
export class NodeResults<N extends Node, V, I> {
  readonly #collection: (nodes: Nodes) => ReadonlyMap<string, Node>
  readonly #results = new Map<string, V>()
  /** Nodes whose result depends on more than nodes. */
  readonly #open = new Map<string, readonly Outside<I>[]>()
  readonly #readers: Readonly<Record<Kind, Map<string, Set<string>>>> = { listener: new Map(), service: new Map(), route: new Map() }
  #before: Nodes = nothing

  constructor(collection: (nodes: Nodes) => ReadonlyMap<string, Node>) {
    this.#collection = collection
  }

  /** The results of the last update, by name; nodes of which `make` made undefined have none. */
  get results(): ReadonlyMap<string, V> {
    return this.#results
  }

  /** Brings the results up to date; returns the names of the nodes that were made again. */
  update(nodes: Nodes, input: I, make: (node: N, cx: TrackedCx<I>) => V | undefined): ReadonlySet<string> {
    const todo = this.#stale(nodes, input)
    this.#before = nodes
    const all = this.#collection(nodes)
    try {
      for (const name of todo) this.#one(name, all.get(name) as N | undefined, nodes, input, make)
    } catch (error) {
      this.#forget()
      throw error
    }
    return todo
  }

  #stale(nodes: Nodes, input: I): Set<string> {
    const todo = new Set(changedKeys(this.#collection(this.#before), this.#collection(nodes)))
    for (const kind of ['listener', 'service', 'route'] as const) {
      const readers = this.#readers[kind]
      if (readers.size === 0) continue
      for (const name of changedKeys<Node>(this.#before[`${kind}s`], nodes[`${kind}s`]))
        for (const reader of readers.get(name) ?? []) todo.add(reader)
    }
    for (const [name, reads] of this.#open) if (!reads.every(([ask, answer]) => ask(input) === answer)) todo.add(name)
    return todo
  }

  #one(name: string, node: N | undefined, nodes: Nodes, input: I, make: (node: N, cx: TrackedCx<I>) => V | undefined): void {
    this.#open.delete(name)
    const reads: Outside<I>[] = []
    const value = node && make(node, this.#cx(name, nodes, input, reads))
    if (reads.length > 0) this.#open.set(name, reads)
    if (value === undefined) this.#results.delete(name)
    else this.#results.set(name, value)
  }

  #cx(reader: string, nodes: Nodes, input: I, reads: Outside<I>[]): TrackedCx<I> {
    const note = (kind: Kind, name: string): void => {
      const readers = this.#readers[kind].get(name)
      if (readers) readers.add(reader)
      else this.#readers[kind].set(name, new Set([reader]))
    }
    return {
      service: (name) => (note('service', name), nodes.services.get(name)),
      listener: (name) => (note('listener', name), nodes.listeners.get(name)),
      route: (name) => (note('route', name), nodes.routes.get(name)),
      outside: (ask) => {
        const answer = ask(input)
        reads.push([ask, answer])
        return answer
      },
      never: () => reads.push([() => false, true]),
    }
  }

  #forget(): void {
    this.#before = nothing
    this.#results.clear()
    this.#open.clear()
    for (const readers of Object.values(this.#readers)) readers.clear()
  }
}

const nothing: Nodes = { listeners: new Map(), services: new Map(), routes: new Map() }
