import { dirname, isAbsolute, join } from 'node:path'
import type { Collection, Config, Entry } from '../config/config.ts'
import type { Diagnostic, Result } from '../diagnostics/diagnostic.ts'
import type { Feature, LowerCx, NodeDraft, Scope } from '../feature.ts'
import type { EntityKey, Gateway, Listener, Node, Policies, Route, Service } from './gateway.ts'
import { Interner } from './intern.ts'
import { lowerListener, type WrittenListener } from './lower-listener.ts'
import { lowerRoute, type WrittenGroup, type WrittenRoute } from './lower-route.ts'
import { lowerService, type WrittenService } from './lower-service.ts'
import { mergePolicies } from './merge.ts'
import type { Locate, Origin } from './origin.ts'
import { subsetsByService } from './subsets.ts'

type Fields = Record<string, unknown>
interface Lowered {
  readonly inputs: readonly unknown[]
  readonly node: Node | undefined
  readonly diagnostics: readonly Diagnostic[]
}

/** What one compile leaves for the next, so that an unchanged entity costs one comparison. */
export class LowerMemo {
  readonly interner = new Interner()
  lowered = new Map<EntityKey, Lowered>()
}

/** Config → Gateway: lays defaults and group policies under each entity, reads the spine's keys, and lets every feature read its own. */
export function lower(config: Config, features: readonly Feature[], locate: Locate, memo: LowerMemo = new LowerMemo()): Result<Gateway> {
  return new Lowering(config, features, locate, memo).run()
}

class Lowering {
  readonly #config: Config
  readonly #features: readonly Feature[]
  readonly #locate: Locate
  readonly #memo: LowerMemo
  readonly #diagnostics: Diagnostic[] = []
  readonly #origins = new Map<EntityKey, Origin>()
  readonly #lowered = new Map<EntityKey, Lowered>()

  constructor(config: Config, features: readonly Feature[], locate: Locate, memo: LowerMemo) {
    this.#config = config
    this.#features = features
    this.#locate = locate
    this.#memo = memo
  }

  run(): Result<Gateway> {
    const listeners = this.#each<Listener>('listeners', 'listener', (entry) => this.#listener(entry))
    const routes = this.#each<Route>('routes', 'route', (entry) => this.#route(entry))
    const subsets = subsetsByService(routes.values())
    const services = this.#each<Service>('services', 'service', (entry) => this.#service(entry, subsets.get(entry.name) ?? []))
    this.#memo.interner.commit()
    this.#memo.lowered = this.#lowered
    return [{ name: this.#config.name, listeners, services, routes, policies: {}, origins: this.#origins }, this.#diagnostics]
  }

  #each<N extends Node>(collection: Collection, kind: N['kind'], one: (entry: Entry) => Lowered): Map<string, N> {
    const nodes = new Map<string, N>()
    for (const entry of this.#config.collections[collection].values()) {
      const key: EntityKey = `${kind}/${entry.name}`
      const lowered = one(entry)
      this.#lowered.set(key, lowered)
      this.#diagnostics.push(...lowered.diagnostics)
      if (lowered.node) nodes.set(entry.name, lowered.node as N)
    }
    return nodes
  }

  #listener(entry: Entry): Lowered {
    const origin = this.#remember('listener', entry, [])
    return this.#memoised(`listener/${entry.name}`, [entry.value], (report) => {
      const cx = this.#cx(origin, report)
      const policies = this.#policies('listener', [fields(entry.value)], { kind: 'listener', name: entry.name }, cx)
      return lowerListener(entry.name, entry.value as WrittenListener, policies)
    })
  }

  #service(entry: Entry, subsets: Service['subsets']): Lowered {
    const origin = this.#remember('service', entry, this.#config.defaults.service?.origin ?? [])
    const defaults = this.#config.defaults.service?.value
    return this.#memoised(`service/${entry.name}`, [entry.value, defaults, JSON.stringify(subsets)], (report) => {
      const cx = this.#cx(origin, report)
      const policies = this.#policies('service', [fields(defaults), fields(entry.value)], { kind: 'service', name: entry.name }, cx)
      return lowerService(entry.name, entry.value as WrittenService, subsets, policies, cx)
    })
  }

  #route(entry: Entry): Lowered {
    const written = entry.value as WrittenRoute
    const group = written.group === undefined ? undefined : this.#config.collections.groups.get(written.group)
    const inherited = [
      ...(this.#config.defaults.route?.origin ?? []),
      ...(group?.origin.map((layer) => ({ file: layer.file, path: [...layer.path, 'policy'] })) ?? []),
    ]
    const origin = this.#remember('route', entry, inherited)
    const defaults = this.#config.defaults.route?.value
    return this.#memoised(`route/${entry.name}`, [written, group?.value, defaults], (report) => {
      const cx = this.#cx(origin, report)
      if (written.group !== undefined && !group) {
        cx.report({ code: 'route/unknown-group', message: `group "${written.group}" does not exist`, path: ['group'] })
      }
      const draft: NodeDraft = { kind: 'route', name: entry.name }
      const layers = [fields(defaults), fields((group?.value as WrittenGroup | undefined)?.policy), written]
      const policies = { ...this.#policies('route', layers, draft, cx), ...this.#policies('action', [written], draft, cx) }
      const action = this.#features.find((feature) => feature.points.some((point) => point.at === 'action' && written[point.key] !== undefined))
      return lowerRoute(entry.name, written, group?.value as WrittenGroup | undefined, action?.name, policies, cx)
    })
  }

  #policies(scope: Scope, layers: readonly Fields[], draft: NodeDraft, cx: LowerCx): Policies {
    const result: Record<string, unknown> = {}
    for (const feature of this.#features) {
      const points = feature.points.filter((point) => point.at === scope)
      if (points.length === 0) continue
      for (const value of mergePolicies(points, layers).values()) {
        const lowered = feature.lower ? feature.lower(value, draft, cx) : value
        if (lowered !== undefined) result[feature.name] = lowered
      }
    }
    return result
  }

  #memoised(key: EntityKey, inputs: readonly unknown[], make: (report: (finding: Diagnostic) => void) => Node | undefined): Lowered {
    const before = this.#memo.lowered.get(key)
    if (before && before.inputs.every((input, index) => input === inputs[index])) {
      if (before.node) this.#memo.interner.keep(before.node)
      return before
    }
    const diagnostics: Diagnostic[] = []
    const node = make((finding) => diagnostics.push(finding))
    return { inputs, node: node && this.#memo.interner.intern(node), diagnostics }
  }

  #remember(kind: Node['kind'], entry: Entry, weaker: Origin): Origin {
    const origin = weaker.length === 0 ? entry.origin : [...weaker, ...entry.origin]
    this.#origins.set(`${kind}/${entry.name}`, origin)
    return origin
  }

  #cx(origin: Origin, report: (finding: Diagnostic) => void): LowerCx {
    return {
      report: ({ path, side, severity = 'error', ...rest }) => report({ ...rest, severity, at: this.#locate(origin, path, side) }),
      file: (named, path) => (isAbsolute(named) ? named : join(dirname(this.#locate(origin, path).file), named)),
    }
  }
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {}
}
