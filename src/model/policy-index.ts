import { changedKeys } from '../lib/changed-keys.ts'
import type { Gateway, Node } from './gateway.ts'

type Nodes = Pick<Gateway, 'listeners' | 'services' | 'routes'>
const collections = ['listeners', 'services', 'routes'] as const

/** The nodes that have a value of one of some features, kept up to date at the cost of what changed. */
export class PolicyIndex {
  readonly #names: readonly string[]
  readonly #found = { listeners: new Map<string, Node>(), services: new Map<string, Node>(), routes: new Map<string, Node>() }
  #before: Nodes = { listeners: new Map(), services: new Map(), routes: new Map() }

  constructor(features: readonly { readonly name: string }[]) {
    this.#names = features.map(({ name }) => name)
  }

  /** Listeners first, then services, then routes. */
  update(nodes: Nodes): readonly Node[] {
    for (const collection of collections) {
      const found = this.#found[collection]
      for (const name of changedKeys<Node>(this.#before[collection], nodes[collection])) {
        const node = nodes[collection].get(name)
        if (node && this.#names.some((feature) => node.policies[feature] !== undefined)) found.set(name, node)
        else found.delete(name)
      }
    }
    this.#before = nodes
    return collections.flatMap((collection) => [...this.#found[collection].values()])
  }
}
