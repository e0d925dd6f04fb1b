import { dirname, isAbsolute, join } from 'node:path'
import type { Collection, Config, Entry } from '../config/config.ts'
import type { GroupValue } from '../config/schema/group.ts'
import type { ListenerValue } from '../config/schema/listener.ts'
import type { ServiceValue } from '../config/schema/service.ts'
import type { Diagnostic, Result } from '../diagnostics/diagnostic.ts'
import { didYouMean } from '../diagnostics/suggest.ts'
import { type MadeOf, MapMemo } from '../lib/map-memo.ts'
import type { Feature, LowerCx, NodeDraft, Point, Scope } from '../feature.ts'
import type { Gateway, Listener, Match, Node, Policies, Route, Service } from './gateway.ts'
import { canonical } from './canonical.ts'
import { lowerListener } from './lower-listener.ts'
import { lowerRoute, type WrittenRoute } from './lower-route.ts'
import { lowerService } from './lower-service.ts'
import { mergePolicies } from './merge.ts'
import type { Locate, Origin } from './origin.ts'
import { originsOf, routeOrigin, serviceOrigin } from './origins.ts'
import { SubsetMemo } from './subsets.ts'

type Fields = Record<string, unknown>
interface Lowered {
  readonly inputs: readonly unknown[]
  readonly node: Node | undefined
  /** What could be read of a route that is left out. */
  readonly rest?: Route | undefined
  readonly diagnostics: readonly Diagnostic[]
}

/** What one compile leaves for the next, so that an unchanged entity costs one comparison. */
export class LowerMemo {
  readonly listeners = new MapMemo<Entry, Listener>()
  readonly services = new MapMemo<Entry, Service>()
  readonly routes = new MapMemo<Entry, Route>()
  readonly subsets = new SubsetMemo()
  readonly lowered: Readonly<Record<Lowerable, Map<string, Lowered>>> = { listeners: new Map(), services: new Map(), routes: new Map() }
  /** What every service, and every route, was lowered with. */
  under: { readonly service: unknown; readonly route: unknown; readonly groups: unknown } | undefined
}

type Lowerable = Exclude<Collection, 'groups'>

/** The gateway, and the routes that are left out of it because of their own findings, as far as they could be read. */
export interface LoweredGateway {
  readonly gateway: Gateway
  readonly damaged: readonly Route[]
}

/** Config → Gateway: lays defaults and group policies under each entity, reads the spine's keys, and lets every feature read its own. */
export function lower(config: Config, features: readonly Feature[], locate: Locate, memo: LowerMemo = new LowerMemo()): Result<LoweredGateway> {
  return new Lowering(config, features, locate, memo).run()
}

class Lowering {
  readonly #config: Config
  readonly #features: readonly Feature[]
  readonly #locate: Locate
  readonly #memo: LowerMemo
  readonly #diagnostics: Diagnostic[] = []
  readonly #points: ReadonlyMap<Scope, readonly (readonly [Feature, readonly Point[]])[]>

  constructor(config: Config, features: readonly Feature[], locate: Locate, memo: LowerMemo) {
    this.#config = config
    this.#features = features
    this.#locate = locate
    this.#memo = memo
    this.#points = new Map(scopes.map((scope) => [scope, pointsAt(features, scope)]))
  }

  run(): Result<LoweredGateway> {
    const { collections, defaults } = this.#config
    const memo = this.#memo
    const under = { service: defaults.service?.value, route: defaults.route?.value, groups: collections.groups }
    const sameLayers = memo.under?.route === under.route && memo.under?.groups === under.groups
    const sameDefaults = memo.under?.service === under.service
    memo.under = under
    const left: Route[] = []
    const listeners = this.#each(memo.listeners, 'listeners', (entry, before) => this.#listener(entry, before), left)
    const routes = this.#each(memo.routes, 'routes', (entry, before) => this.#route(entry, before), left, sameLayers ? [] : 'all')
    const [subsets, changed] = memo.subsets.update(routes, this.#features)
    const service = (entry: Entry, before?: Lowered): Lowered => this.#service(entry, subsets.get(entry.name) ?? [], before)
    const services = this.#each(memo.services, 'services', service, left, sameDefaults ? changed : 'all')
    const originOf = originsOf(this.#config)
    const gateway = { name: this.#config.name, listeners, services, routes, policies: this.#gateway(), originOf }
    return [{ gateway, damaged: [...left, ...this.#damaged(routes)] }, this.#diagnostics]
  }

  /** Entities with errors are read as far as they go: for their findings, and routes for their references. */
  #damaged(sound: ReadonlyMap<string, Route>): Route[] {
    const { listeners, services, routes } = this.#config.damaged
    const lowered = [
      ...[...listeners.values()].map((entry) => this.#listener(entry, undefined)),
      ...[...services.values()].map((entry) => this.#service(entry, [], undefined)),
      ...[...routes.values()].map((entry) => this.#route(entry, undefined)),
    ]
    this.#diagnostics.push(...lowered.flatMap(({ diagnostics }) => diagnostics))
    return lowered.flatMap(({ node, rest }) => rest ?? (node?.kind === 'route' && !sound.has(node.name) ? node : []))
  }

  #each<N extends Node>(
    memo: MapMemo<Entry, N>,
    collection: Lowerable,
    one: (entry: Entry, before: Lowered | undefined) => Lowered,
    left: Route[],
    stale: Iterable<string> | 'all' = [],
  ): ReadonlyMap<string, N> {
    const known = this.#memo.lowered[collection]
    const entries = this.#config.collections[collection]
    const make = (name: string, entry: Entry): MadeOf<N> => {
      const lowered = one(entry, known.get(name))
      known.set(name, lowered)
      this.#diagnostics.push(...lowered.diagnostics)
      if (lowered.rest) left.push(lowered.rest)
      return { value: lowered.node as N | undefined, again: lowered.diagnostics.length > 0 || lowered.node === undefined }
    }
    const nodes = memo.run(entries, make, stale)
    if (known.size > entries.size) for (const name of known.keys()) if (!entries.has(name)) known.delete(name)
    return nodes
  }

  #gateway(): Policies {
    const result: Record<string, unknown> = {}
    const draft: NodeDraft = { kind: 'gateway', name: this.#config.name }
    for (const [feature, points] of this.#points.get('gateway') ?? []) {
      for (const { key } of points) {
        const entry = this.#config.gateway.get(key)
        if (!entry) continue
        const origin = entry.origin.map(({ file, path }) => ({ file, path: path.slice(0, -1) }))
        const cx = this.#cx(origin, (finding) => this.#diagnostics.push(finding))
        const lowered = feature.lower ? feature.lower(entry.value, draft, cx) : entry.value
        if (lowered !== undefined) result[feature.name] = lowered
      }
    }
    return result
  }

  #listener(entry: Entry, before: Lowered | undefined): Lowered {
    return memoised(before, [entry.value], (report) => {
      const cx = this.#cx(entry.origin, report)
      const policies = this.#policies('listener', [fields(entry.value)], { kind: 'listener', name: entry.name }, cx)
      return lowerListener(entry.name, entry.value as ListenerValue, policies, cx)
    })
  }

  #service(entry: Entry, subsets: Service['subsets'], before: Lowered | undefined): Lowered {
    const defaults = this.#config.defaults.service?.value
    const sets = subsets.length === 0 ? '' : JSON.stringify(subsets)
    return memoised(before, [entry.value, defaults, sets], (report) => {
      const cx = this.#cx(serviceOrigin(this.#config, entry), report)
      const policies = this.#policies('service', [fields(defaults), fields(entry.value)], { kind: 'service', name: entry.name }, cx)
      return lowerService(entry.name, entry.value as ServiceValue, subsets, policies, cx)
    })
  }

  #route(entry: Entry, before: Lowered | undefined): Lowered {
    const written = entry.value as WrittenRoute
    const group = written.group === undefined ? undefined : this.#config.collections.groups.get(written.group)
    const groupHasErrors = this.#config.invalid.has(`groups/${written.group}`)
    const defaults = this.#config.defaults.route?.value
    let rest: Route | undefined
    const lowered = memoised(before, [written, group?.value, groupHasErrors, defaults], (report) => {
      const cx = this.#cx(routeOrigin(this.#config, entry), report)
      if (written.group !== undefined && !group && !groupHasErrors) {
        const help = didYouMean(written.group, this.#config.collections.groups.keys()) ?? 'add it under `groups`'
        cx.report({ code: 'route/unknown-group', message: `group "${written.group}" does not exist`, path: ['group'], help })
      }
      const draft: NodeDraft = { kind: 'route', name: entry.name }
      const layers = [fields(defaults), fields((group?.value as GroupValue | undefined)?.policy), written]
      const policies = { ...this.#policies('route', layers, draft, cx), ...this.#policies('action', [written], draft, cx) }
      const action = this.#features.find((feature) => feature.points.some((point) => point.at === 'action' && written[point.key] !== undefined))
      const { route, sound } = lowerRoute(entry.name, written, group?.value as GroupValue | undefined, action?.name, policies, cx)
      if (!sound || (written.group !== undefined && !group)) return void (rest = route)
      const narrowed = { ...route, match: this.#narrowed(route) }
      return { ...narrowed, match: [...narrowed.match, ...this.#implied(narrowed)] }
    })
    return rest ? { ...lowered, rest } : lowered
  }

  #narrowed({ match, policies }: Route): readonly Match[] {
    let narrowed = match
    for (const feature of this.#features) {
      const value = feature.narrow && policies[feature.name]
      if (value !== undefined) narrowed = narrowed.flatMap((one) => [...(feature.narrow?.(value, one) ?? [])])
    }
    return narrowed
  }

  #implied({ match, policies }: Route): Match[] {
    return this.#features.flatMap((feature) => {
      const value = policies[feature.name]
      return value === undefined || !feature.matches ? [] : match.flatMap((one) => [...(feature.matches?.(value, one) ?? [])])
    })
  }

  #policies(scope: Scope, layers: readonly Fields[], draft: NodeDraft, cx: LowerCx): Policies {
    const result: Record<string, unknown> = {}
    for (const [feature, points] of this.#points.get(scope) ?? []) {
      for (const value of mergePolicies(points, layers).values()) {
        const lowered = feature.lower ? feature.lower(value, draft, cx) : value
        if (lowered !== undefined) result[feature.name] = lowered
      }
    }
    return result
  }

  #cx(origin: Origin, report: (finding: Diagnostic) => void): LowerCx {
    return {
      report: ({ path, side, severity = 'error', ...rest }) => report({ ...rest, severity, at: this.#locate(origin, path, side) }),
      file: (named, path) => (isAbsolute(named) ? named : join(dirname(this.#locate(origin, path).file), named)),
    }
  }
}

const scopes: readonly Scope[] = ['gateway', 'listener', 'service', 'route', 'action']

function pointsAt(features: readonly Feature[], scope: Scope): [Feature, Point[]][] {
  return features.flatMap((feature): [Feature, Point[]][] => {
    const points = feature.points.filter((point) => point.at === scope)
    return points.length === 0 ? [] : [[feature, points]]
  })
}

/**
 * Same inputs and nothing to say: the same result. Findings are made anew, because what they point at and propose may have changed elsewhere.
 * Other inputs that mean the same: the same node, so that later stages see no change.
 */
function memoised(
  before: Lowered | undefined,
  inputs: readonly unknown[],
  make: (report: (finding: Diagnostic) => void) => Node | undefined,
): Lowered {
  if (before?.diagnostics.length === 0 && before.inputs.every((input, index) => input === inputs[index])) return before
  const diagnostics: Diagnostic[] = []
  const node = make((finding) => diagnostics.push(finding))
  const same = node && before?.node && canonical(before.node) === canonical(node)
  return { inputs, node: same ? before.node : node, diagnostics }
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {}
}
