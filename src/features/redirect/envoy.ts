import { RedirectAction_RedirectResponseCode as Code } from '#gen/envoy/config/route/v3/route_components_pb.js'
import type { EnvoyParts, RoutePatch } from '../../envoy/parts.ts'
import { prefixSwap } from '../../envoy/prefix-swap.ts'
import type { PathMatch } from '../../model/gateway.ts'
import type { Written } from './config.ts'

const codes = {
  301: Code.MOVED_PERMANENTLY,
  302: Code.FOUND,
  303: Code.SEE_OTHER,
  307: Code.TEMPORARY_REDIRECT,
  308: Code.PERMANENT_REDIRECT,
} as const

export const envoy: EnvoyParts<Written> = {
  route: ({ scheme, host, port, path, prefix, status = 308, stripQuery = false }, _route, match) => ({
    redirect: {
      ...(scheme === undefined ? {} : { schemeRewriteSpecifier: { case: 'schemeRedirect', value: scheme } }),
      ...(host === undefined ? {} : { hostRedirect: host }),
      ...(port === undefined ? {} : { portRedirect: port }),
      ...(path === undefined ? {} : { pathRewriteSpecifier: { case: 'pathRedirect', value: path } }),
      ...(prefix === undefined ? {} : prefixRewrite(match.path, prefix)),
      responseCode: codes[status],
      stripQuery,
    },
  }),
}

function prefixRewrite(from: PathMatch, to: string): NonNullable<RoutePatch['redirect']> {
  const swap = from.type === 'prefix' ? prefixSwap(from.path, to) : undefined
  if (!swap) return {}
  if ('prefix' in swap) return { pathRewriteSpecifier: { case: 'prefixRewrite', value: swap.prefix } }
  return { pathRewriteSpecifier: { case: 'regexRewrite', value: { pattern: { regex: swap.regex }, substitution: swap.substitution } } }
}
