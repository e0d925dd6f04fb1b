import type { StateCx } from './parts.ts'

/** Remembers what was made of a node alone. What needed a look at another node, a file or a secret is made anew each time. */
export class NodeMemo<V> {
  readonly #known = new WeakMap<object, V>()

  get(node: object, cx: StateCx, make: (cx: StateCx) => V): V {
    const known = this.#known.get(node)
    if (known !== undefined) return known
    let looked = false
    const value = make(watched(cx, () => (looked = true)))
    if (!looked) this.#known.set(node, value)
    return value
  }
}

function watched(cx: StateCx, look: () => void): StateCx {
  const through =
    <R>(ask: (name: string) => R) =>
    (name: string): R => {
      look()
      return ask(name)
    }
  return {
    service: through((name) => cx.service(name)),
    listener: through((name) => cx.listener(name)),
    route: through((name) => cx.route(name)),
    read: through((key) => cx.read(key)),
  }
}
