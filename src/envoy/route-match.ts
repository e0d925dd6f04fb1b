import type { MessageInitShape } from '@bufbuild/protobuf'
import { create } from '@bufbuild/protobuf'
import type { HeaderMatcherSchema, QueryParameterMatcherSchema, RouteMatch } from '#gen/envoy/config/route/v3/route_components_pb.js'
import { RouteMatchSchema } from '#gen/envoy/config/route/v3/route_components_pb.js'
import type { StringMatcherSchema } from '#gen/envoy/type/matcher/v3/string_pb.js'
import type { Match, PathMatch, ValueMatch } from '../model/gateway.ts'
import { quoteRegex } from '../model/regex.ts'
import { templateRegex } from '../model/template.ts'
import type { VariantConditions } from './parts.ts'

type HeaderInit = MessageInitShape<typeof HeaderMatcherSchema>
type QueryInit = MessageInitShape<typeof QueryParameterMatcherSchema>
type StringInit = MessageInitShape<typeof StringMatcherSchema>
type PathInit = NonNullable<MessageInitShape<typeof RouteMatchSchema>['pathSpecifier']>

/** The condition of one match alternative as Envoy checks it: the same decision as `match` of the model, and what a variant asks for besides. */
export function routeMatch(match: Match, { headers = [], cookies = [] }: VariantConditions = {}): RouteMatch {
  return create(RouteMatchSchema, {
    pathSpecifier: pathSpecifier(match.path),
    headers: [...methodCondition(match.methods), ...match.headers.map(headerCondition), ...match.query.flatMap(absentParameter), ...headers],
    queryParameters: match.query.flatMap(parameterCondition),
    cookies: [...cookies],
  })
}

/**
 * Templates become a regex: Envoy's uri_template takes at most 5 variables with names of at most 16 characters, and no `*`, `[` or `]` in a segment,
 * while `{x}` is any non-empty segment.
 */
function pathSpecifier(path: PathMatch): PathInit {
  switch (path.type) {
    case 'exact':
      return { case: 'path', value: path.path }
    case 'prefix':
      return path.path === '/' ? { case: 'prefix', value: '/' } : { case: 'pathSeparatedPrefix', value: path.path }
    case 'template':
      return { case: 'safeRegex', value: { regex: templateRegex(path.segments) } }
    case 'regex':
      return { case: 'safeRegex', value: nonEmpty(path.regex) }
  }
}

function methodCondition(methods: readonly string[]): HeaderInit[] {
  const [only, ...more] = methods
  if (only === undefined) return []
  return [
    stringHeader(
      ':method',
      more.length === 0 ? exactly(only) : { matchPattern: { case: 'safeRegex', value: { regex: methods.map(quoteRegex).join('|') } } },
    ),
  ]
}

/** A condition on a header; where the header is repeated, one value that fits is enough. */
export function headerCondition(condition: ValueMatch): HeaderInit {
  const value = stringCondition(condition)
  if (value) return stringHeader(condition.name, value)
  return { name: condition.name, headerMatchSpecifier: { case: 'presentMatch', value: condition.type !== 'present' || condition.value } }
}

/** Envoy cannot ask for the absence of a query parameter; the path header, which holds the query, can. */
function absentParameter(condition: ValueMatch): HeaderInit[] {
  if (condition.type !== 'present' || condition.value) return []
  const regex = `[^?]*\\?(?:.*&)?${quoteRegex(condition.name)}(?:[=&].*)?`
  return [{ ...stringHeader(':path', { matchPattern: { case: 'safeRegex', value: { regex } } }), invertMatch: true }]
}

function parameterCondition(condition: ValueMatch): QueryInit[] {
  if (condition.type === 'present' && !condition.value) return []
  const value = stringCondition(condition)
  const specifier = value ? { case: 'stringMatch' as const, value } : { case: 'presentMatch' as const, value: true }
  return [{ name: condition.name, queryParameterMatchSpecifier: specifier }]
}

/** Undefined for a condition on mere presence; an empty prefix is one, and Envoy refuses to take it as text. */
function stringCondition(condition: ValueMatch): StringInit | undefined {
  switch (condition.type) {
    case 'present':
      return undefined
    case 'exact':
      return exactly(condition.value)
    case 'prefix':
      return condition.value === '' ? undefined : { matchPattern: { case: 'prefix', value: condition.value } }
    case 'regex':
      return { matchPattern: { case: 'safeRegex', value: nonEmpty(condition.value) } }
  }
}

function exactly(value: string): StringInit {
  return { matchPattern: { case: 'exact', value } }
}

function stringHeader(name: string, value: StringInit): HeaderInit {
  return { name, headerMatchSpecifier: { case: 'stringMatch', value } }
}

/** Envoy refuses an empty regex, which takes only the empty text. */
function nonEmpty(regex: string): { regex: string } {
  return { regex: regex === '' ? '(?:)' : regex }
}
