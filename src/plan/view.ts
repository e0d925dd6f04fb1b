import { redact } from '../admin/redact.ts'
import type { Feature, Point, Scope } from '../feature.ts'
import { compare } from '../lib/compare.ts'
import { attributeText } from '../model/attribute.ts'
import type { Endpoint, Listener, Match, Node, PathMatch, Policies, Route, Service, Target, TemplateSegment, ValueMatch } from '../model/gateway.ts'
import { inWords, type WordMap, type Words } from './words.ts'

/** What is needed to say a node in the user's words. */
export interface ViewCx {
  readonly features: readonly Feature[]
  /** Absolute path of the directory of the root file. */
  readonly base: string
}

/** A node as the user would write it in full. Lists whose order means nothing are maps, so that equal gateways have equal views. */
export function viewOf(node: Node, cx: ViewCx): WordMap {
  // Plans are read in pull requests and logs, and a running server tells no secrets, so both sides are shown without them.
  return redact(fullView(node, cx)) as WordMap
}

function fullView(node: Node, cx: ViewCx): WordMap {
  switch (node.kind) {
    case 'listener':
      return { ...listenerView(node), ...policies(node.policies, ['listener'], cx) }
    case 'service':
      return { ...serviceView(node), ...policies(node.policies, ['service'], cx) }
    case 'route':
      return { ...routeView(node), ...policies(node.policies, ['route', 'action'], cx) }
  }
}

function listenerView({ address, port, trustedHops, errorFormat, redirectTo }: Listener): WordMap {
  return { address, port, trustedHops, errorFormat, ...(redirectTo !== undefined && { redirectTo }) }
}

function serviceView({ protocol, discovery }: Service): WordMap {
  const endpoints = Object.fromEntries(discovery.endpoints.map((endpoint) => [addressOf(endpoint), endpointView(endpoint)]))
  return { ...(discovery.type === 'dns' && { discovery: 'dns' }), endpoints, protocol }
}

/** `10.0.0.1:9000`, `[::1]:9000`. */
export function addressOf({ address, port }: Pick<Endpoint, 'address' | 'port'>): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

function endpointView({ weight, zone, labels }: Endpoint): WordMap {
  return { weight, ...(zone !== undefined && { zone }), ...(Object.keys(labels).length > 0 && { labels }) }
}

function routeView({ group, owner, hosts, listeners, match, priority, action }: Route): WordMap {
  return {
    ...(group !== undefined && { group }),
    ...(owner !== undefined && { owner }),
    ...(hosts.length > 0 && { hosts }),
    ...(listeners.length > 0 && { listeners }),
    match: match.length === 1 && match[0] ? matchText(match[0]) : match.map(matchText).sort(compare),
    ...(priority !== 0 && { priority }),
    ...(action.type === 'forward' && { to: targetsView(action.targets) }),
  }
}

function targetsView(targets: readonly Target[]): Words {
  const [first] = targets
  if (first && targets.length === 1 && Object.keys(first.labels).length === 0 && !first.byAttribute) return first.service
  const words: Record<string, Words> = {}
  for (const { service, weight, labels, byAttribute = {}, otherwise } of targets) {
    const said = Object.entries(byAttribute).map(([name, attribute]) => [name, `{${attributeText(attribute)}}`] as const)
    const chosen = [...Object.entries(labels), ...said, ...(otherwise === undefined ? [] : [['otherwise', otherwise] as const])].sort(([a], [b]) =>
      compare(a, b),
    )
    const name = chosen.length === 0 ? service : `${service} (${chosen.map((pair) => pair.join(': ')).join(', ')})`
    const before = words[name]
    words[name] = weight + (typeof before === 'number' ? before : 0)
  }
  return words
}

/** A condition on one line: `/api/* GET,POST header x-beta present`. */
function matchText({ path, methods, headers, query }: Match): string {
  const methodText = methods.length === 0 ? [] : [methods.toSorted(compare).join(',')]
  const values = (word: string, matches: readonly ValueMatch[]): string[] => matches.map((one) => `${word} ${valueText(one)}`).sort(compare)
  return [pathText(path), ...methodText, ...values('header', headers), ...values('query', query)].join(' ')
}

/** A path as it is written in gateway.yaml. */
function pathText(path: PathMatch): string {
  switch (path.type) {
    case 'exact':
      return path.path
    case 'prefix':
      return path.path === '/' ? '/*' : `${path.path}/*`
    case 'template':
      return path.segments.map((segment) => `/${segmentText(segment)}`).join('')
    case 'regex':
      return `regex ${path.regex}`
  }
}

function segmentText(segment: TemplateSegment): string {
  if (segment.type === 'literal') return segment.text
  return segment.type === 'one' ? `{${segment.name}}` : `{${segment.name}=**}`
}

function valueText(match: ValueMatch): string {
  if (match.type === 'present') return `${match.name} ${match.value ? 'present' : 'absent'}`
  return `${match.name} ${match.type === 'exact' ? '=' : match.type} ${JSON.stringify(match.value)}`
}

/** Feature values under the keys that users write. */
function policies(values: Policies, scopes: readonly Scope[], { features, base }: ViewCx): WordMap {
  const words: Record<string, Words> = {}
  for (const feature of features) {
    const { name, points } = feature
    const point = points.find(({ at }) => scopes.includes(at))
    const value = point && (values[name] ?? unwritten(feature, point))
    if (point && value !== undefined) words[point.key] = inWords(feature.written ? feature.written(value) : value, point.schema, base)
  }
  return words
}

/** What holds when the key is not written, if its schema says so: writing the default out is no change. */
function unwritten(feature: Feature, { at, schema }: Point): unknown {
  const { default: fallback } = schema as { readonly default?: unknown }
  if (fallback === undefined || !feature.lower || at === 'action' || at === 'gateway') return fallback
  return feature.lower(fallback, { kind: at, name: '' }, { report: () => undefined, file: (relative) => relative })
}
