import type { MessageInitShape } from '@bufbuild/protobuf'
import { create } from '@bufbuild/protobuf'
import type { HeaderMatcher, QueryParameterMatcherSchema, RouteMatch } from '#gen/envoy/config/route/v3/route_components_pb.js'
import { RouteMatchSchema } from '#gen/envoy/config/route/v3/route_components_pb.js'
import type { HeaderMatcherSchema } from '#gen/envoy/config/route/v3/route_components_pb.js'
import type { StringMatcherSchema } from '#gen/envoy/type/matcher/v3/string_pb.js'
import type { Match, PathMatch, ValueMatch } from '../model/gateway.ts'
import { quoteRegex } from '../model/regex.ts'
import { templateRegex } from '../model/template.ts'

type HeaderInit = MessageInitShape<typeof HeaderMatcherSchema>
type QueryInit = MessageInitShape<typeof QueryParameterMatcherSchema>
type StringInit = MessageInitShape<typeof StringMatcherSchema>

/** The condition of one match alternative as Envoy checks it; the same decision as `match` of the model. */
export function routeMatch(match: Match): RouteMatch {
  const headers = [...methodCondition(match.methods), ...match.headers.map(headerCondition), ...match.query.flatMap(absentParameter)]
  return create(RouteMatchSchema, { pathSpecifier: pathSpecifier(match.path), headers, queryParameters: match.query.flatMap(presentParameter) })
}

/**
 * Templates become a regex: Envoy's uri_template takes at most 5 variables, names of at most 16 letters, and no `*`, `[` or `]` in a segment,
 * while `{x}` takes every non-empty segment.
 */
function pathSpecifier(path: PathMatch): RouteMatch['pathSpecifier'] {
  switch (path.type) {
    case 'exact':
      return { case: 'path', value: path.path }
    case 'prefix':
      return path.path === '/' ? { case: 'prefix', value: '/' } : { case: 'pathSeparatedPrefix', value: path.path }
    case 'template':
      return { case: 'safeRegex', value: regexMatcher(templateRegex(path.segments)) }
    case 'regex':
      return { case: 'safeRegex', value: regexMatcher(path.regex) }
  }
}
