import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { type Any, AnySchema } from '@bufbuild/protobuf/wkt'
import type { Route } from '#gen/envoy/config/route/v3/route_components_pb.js'
import { RouteListSchema, RouteSchema } from '#gen/envoy/config/route/v3/route_components_pb.js'
import { HttpRequestHeaderMatchInputSchema } from '#gen/envoy/type/matcher/v3/http_inputs_pb.js'
import type {
  Matcher,
  Matcher_MatcherList_FieldMatcherSchema,
  Matcher_MatcherList_PredicateSchema,
  Matcher_OnMatchSchema,
} from '#gen/xds/type/matcher/v3/matcher_pb.js'
import { MatcherSchema } from '#gen/xds/type/matcher/v3/matcher_pb.js'
import type { StringMatcherSchema } from '#gen/xds/type/matcher/v3/string_pb.js'
import type { Entry, VirtualHostTable } from '../model/rank.ts'
import { any, typeUrl } from './any.ts'
import { deterministicBytes } from './deterministic.ts'
import { guardRoutes, type PathRefusal, pathRefusals } from './guards.ts'
import { routeBuckets } from './route-buckets.ts'

type OnMatch = MessageInitShape<typeof Matcher_OnMatchSchema>
type Predicate = MessageInitShape<typeof Matcher_MatcherList_PredicateSchema>
type Text = NonNullable<MessageInitShape<typeof StringMatcherSchema>['matchPattern']>

/**
 * A virtual host as a matcher: the guards, then the longest bucket prefix of `:path`, whose list of routes Envoy scans in rank order.
 * The route is the same as with the plain list. Undefined when the routes cannot be told apart by a prefix.
 */
export function routeMatcher(virtualHost: VirtualHostTable, routeOf: (entry: Entry) => readonly Route[], together?: number): Matcher | undefined {
  const buckets = routeBuckets(virtualHost, together)
  if (buckets.length < 2) return undefined
  const bytes = new Map(virtualHost.entries.map((entry) => [entry, routeOf(entry).map((route) => deterministicBytes(RouteSchema, route))]))
  const list = (entries: readonly Entry[]) => act('routes', routeList(entries.flatMap((entry) => bytes.get(entry) ?? [])))
  const map = Object.fromEntries(buckets.filter(({ prefix }) => prefix !== '').map(({ prefix, entries }) => [prefix, list(entries)]))
  const rest = buckets.find(({ prefix }) => prefix === '')
  const tree = create(MatcherSchema, {
    matcherType: { case: 'matcherTree', value: { input: header(':path'), treeType: { case: 'prefixMatchMap', value: { map } } } },
    ...(rest ? { onNoMatch: list(rest.entries) } : {}),
  })
  return create(MatcherSchema, {
    matcherType: { case: 'matcherList', value: { matchers: guardConditions(virtualHost) } },
    onNoMatch: { onMatch: { case: 'matcher', value: tree } },
  })
}

/** The guard routes once, with their conditions on the header inputs. `:path` holds the query, which guards do not look at. */
function guardConditions(virtualHost: VirtualHostTable): MessageInitShape<typeof Matcher_MatcherList_FieldMatcherSchema>[] {
  const conditions: Predicate[] = [single(':authority', { case: 'contains', value: ',' }), ...pathRefusals(virtualHost).map(guardCondition)]
  const routes = guardRoutes(virtualHost)
  return conditions.flatMap((predicate, index) => {
    const route = routes[index]
    return route ? [{ predicate, onMatch: act(route.name, any(RouteSchema, route)) }] : []
  })
}

/** The cheap search first: where it fails, the regex is not run. */
function guardCondition({ regex, needs }: PathRefusal): Predicate {
  const whole = single(':path', { case: 'safeRegex', value: { engineType: { case: 'googleRe2', value: {} }, regex: `(?:${regex})(?:\\?.*)?` } })
  return { matchType: { case: 'andMatcher', value: { predicate: [single(':path', { case: 'contains', value: needs }), whole] } } }
}

function single(name: string, matchPattern: Text): Predicate {
  return { matchType: { case: 'singlePredicate', value: { input: header(name), matcher: { case: 'valueMatch', value: { matchPattern } } } } }
}

function header(headerName: string): { name: string; typedConfig: Any } {
  return { name: 'header', typedConfig: any(HttpRequestHeaderMatchInputSchema, { headerName }) }
}

function act(name: string, typedConfig: Any): OnMatch {
  return { onMatch: { case: 'action', value: { name, typedConfig } } }
}

/** Joins serialized routes to a RouteList, so that a route in many buckets is serialized once. */
function routeList(routes: readonly Uint8Array[]): Any {
  const writer = new BinaryWriter()
  for (const route of routes) writer.tag(RouteListSchema.field.routes.number, WireType.LengthDelimited).bytes(route)
  return create(AnySchema, { typeUrl: typeUrl(RouteListSchema), value: writer.finish() })
}
