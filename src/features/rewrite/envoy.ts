import type { EnvoyParts, RoutePatch } from '../../envoy/parts.ts'
import { literal, prefixSwap } from '../../envoy/prefix-swap.ts'
import type { Match, PathMatch } from '../../model/gateway.ts'
import { quoteRegex } from '../../model/regex.ts'
import type { Rewrite } from './model.ts'

/** https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/route/v3/route_components.proto#config-route-v3-routeaction */
export const envoy: EnvoyParts<Rewrite> = {
  route: (rewrite, _route, match) => ({
    forward: {
      ...(rewrite.host === undefined ? {} : { hostRewriteSpecifier: { case: 'hostRewriteLiteral', value: rewrite.host } }),
      ...pathRewrite(rewrite, match),
    },
  }),
}

function pathRewrite(rewrite: Rewrite, match: Match): NonNullable<RoutePatch['forward']> {
  if (rewrite.prefix !== undefined && match.path.type === 'prefix') return prefixRewrite(match.path.path, rewrite.prefix)
  if (rewrite.path !== undefined) return regexRewrite(...templateRewrite(match.path, rewrite.path))
  return {}
}

function prefixRewrite(from: string, to: string): NonNullable<RoutePatch['forward']> {
  const swap = prefixSwap(from, to)
  if (!swap) return {}
  return 'prefix' in swap ? { prefixRewrite: swap.prefix } : regexRewrite(swap.regex, swap.substitution)
}

function templateRewrite(path: PathMatch, to: string): [pattern: string, substitution: string] {
  if (path.type !== 'template') return ['^.*$', literal(to)]
  const names: string[] = []
  const parts = path.segments.map((segment) => {
    if (segment.type === 'literal') return quoteRegex(segment.text)
    names.push(segment.name)
    return segment.type === 'one' ? '([^/]+)' : '(.*)'
  })
  const substitution = to.split(/\{([^{}]*)\}/).map((part, index) => (index % 2 === 1 ? `\\${names.indexOf(part) + 1}` : literal(part)))
  return [`^/${parts.join('/')}$`, substitution.join('')]
}

function regexRewrite(regex: string, substitution: string): NonNullable<RoutePatch['forward']> {
  return { regexRewrite: { pattern: { regex }, substitution } }
}
