import type { MessageInitShape } from '@bufbuild/protobuf'
import type { RouteAction_HashPolicySchema } from '#gen/envoy/config/route/v3/route_components_pb.js'
import type { Attribute } from '../model/attribute.ts'
import type { Match, TemplateSegment } from '../model/gateway.ts'
import { quoteRegex } from '../model/regex.ts'

type HashPolicy = MessageInitShape<typeof RouteAction_HashPolicySchema>

/**
 * What Envoy hashes so that requests with equal values of the attribute go to the same place; a request without it goes to a random one.
 * Undefined when no request of this match has the attribute: a path parameter that its path does not name, or the name of a route or service.
 * https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/route/v3/route_components.proto#config-route-v3-routeaction-hashpolicy
 */
export function hashPolicy(key: Attribute, match: Match): HashPolicy | undefined {
  switch (key.type) {
    case 'client.ip':
      return { policySpecifier: { case: 'connectionProperties', value: { sourceIp: true } } }
    case 'request.method':
      return header(':method')
    case 'request.host':
      return header(':authority', '^(.*?)(:[0-9]*)?$')
    case 'request.header':
      return header(key.name)
    case 'request.cookie':
      return { policySpecifier: { case: 'cookie', value: { name: key.name } } }
    case 'request.query':
      return { policySpecifier: { case: 'queryParameter', value: { name: key.name } } }
    case 'request.path': {
      const path = match.path.type === 'template' ? parameterRegex(match.path.segments, key.name) : undefined
      return path === undefined ? undefined : header(':path', path)
    }
    case 'route':
    case 'service':
      return undefined
  }
}

/** With a regex, only what its first group takes is hashed. */
function header(headerName: string, regex?: string): HashPolicy {
  const rewrite = regex === undefined ? {} : { regexRewrite: { pattern: { regex }, substitution: '\\1' } }
  return { policySpecifier: { case: 'header', value: { headerName, ...rewrite } } }
}

/** A regex over path and query whose only group is the parameter; undefined when the template has none of that name. */
export function parameterRegex(segments: readonly TemplateSegment[], name: string): string | undefined {
  if (!segments.some((segment) => segment.type !== 'literal' && segment.name === name)) return undefined
  const path = segments.map((segment) => {
    if (segment.type === 'literal') return `/${quoteRegex(segment.text)}`
    const value = segment.type === 'one' ? '[^/?]+' : '[^?]*'
    return `/${segment.name === name ? `(${value})` : value}`
  })
  return `^${path.join('')}(?:\\?.*)?$`
}
