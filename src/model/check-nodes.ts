import type { Diagnostic } from '../diagnostics/diagnostic.ts'
import type { Feature } from '../feature.ts'
import type { CheckInput } from './check-input.ts'
import { checkRoute } from './check-route.ts'
import { checkCx, type CheckCx, type Cx } from './cx.ts'
import type { Node, Route, Service } from './gateway.ts'
import { NodeResults, type TrackedCx } from './node-results.ts'

type EngineCheck = (node: Node, cx: Cx) => Iterable<Diagnostic>

/**
 * Checks of single nodes: those of the spine, of every feature and of the engine. A node that has nothing to say is silent until it, or something that was
 * looked at for it, is another. One that has findings is checked each time, because they name places that may have moved.
 */
export class NodeChecks {
  readonly #features: readonly Feature[]
  readonly #engine: EngineCheck
  readonly #results: readonly NodeResults<Node, readonly Diagnostic[], CheckInput>[] = [
    new NodeResults((nodes) => nodes.listeners),
    new NodeResults((nodes) => nodes.services),
    new NodeResults((nodes) => nodes.routes),
  ]

  constructor(features: readonly Feature[], engine: EngineCheck) {
    this.#features = features.filter((feature) => feature.check)
    this.#engine = engine
  }

  run(input: CheckInput): Diagnostic[] {
    return this.#results.flatMap((results) => {
      results.update(input.gateway, input, (node, tracked) => {
        const found = this.#check(node, { ...input, cx: recorded(input, tracked) })
        if (found.length === 0) return undefined
        tracked.never()
        return found
      })
      return [...results.results.values()].flat()
    })
  }

  #check(node: Node, input: CheckInput & { readonly cx: CheckCx }): Diagnostic[] {
    const { cx } = input
    const found: Diagnostic[] = []
    if (node.kind === 'route') this.#checkRoute(node, input, found)
    else if (node.kind === 'service') this.#checkService(node, cx, found)
    found.push(...this.#engine(node, cx))
    return found
  }

  #checkRoute(node: Route, input: CheckInput & { readonly cx: CheckCx }, found: Diagnostic[]): void {
    found.push(...checkRoute(node, input))
    for (const { name, check } of this.#features) {
      const value = node.policies[name]
      if (value !== undefined && check?.route) found.push(...check.route(value, node, input.cx))
      if (check?.everyRoute) found.push(...check.everyRoute(node, input.cx))
    }
  }

  #checkService(node: Service, cx: CheckCx, found: Diagnostic[]): void {
    if (node.discovery.endpoints.length === 0) {
      const message = `service ${node.name} has no endpoints: requests for it get 503`
      found.push({ code: 'service/no-endpoints', severity: 'warning', message, at: cx.at(node, [], 'key') })
    }
    for (const { name, check } of this.#features) {
      const value = node.policies[name]
      if (value !== undefined && check?.service) found.push(...check.service(value, node, cx))
    }
  }
}

function recorded(input: CheckInput, tracked: TrackedCx<CheckInput>): CheckCx {
  return {
    ...checkCx(input, { ...tracked, at: input.cx.at }),
    policy: (feature) => tracked.outside(({ gateway }) => gateway.policies[feature]),
    isInvalid: (what) => tracked.outside(({ invalid }) => invalid.has(what)),
    moment: () => {
      tracked.never()
      return input.moment
    },
  }
}
