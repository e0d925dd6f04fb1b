import type { Route as EnvoyRoute, RouteAction } from '#gen/envoy/config/route/v3/route_components_pb.js'

/**
 * What a route hashes and also changes. Envoy hashes the request as it is about to leave, so a changed value would send every request
 * to the same endpoint, or each to a random one. One sentence each. Verified on Envoy 1.40: a rewritten path has no parameter any more.
 */
export function hashConflicts(route: EnvoyRoute): string[] {
  if (route.action.case !== 'route') return []
  const action = route.action.value
  return action.hashPolicy.flatMap(({ policySpecifier }) => {
    if (policySpecifier.case === 'cookie') return headerConflict(route, 'cookie')
    if (policySpecifier.case !== 'header') return []
    const { headerName } = policySpecifier.value
    if (headerName === ':path') return rewritesPath(action) ? ['the path is rewritten before its parameter is hashed'] : []
    if (headerName === ':authority') return action.hostRewriteSpecifier.case ? ['the host is rewritten before it is hashed'] : []
    return headerConflict(route, headerName)
  })
}

/** Whether a target is to be chosen by one attribute, and the endpoint of it by another: Envoy has one hash for both. */
export function twoHashKeys(route: EnvoyRoute): boolean {
  return route.action.case === 'route' && route.action.value.hashPolicy.length > 1
}

function rewritesPath(action: RouteAction): boolean {
  return action.prefixRewrite !== '' || action.regexRewrite !== undefined || action.pathRewritePolicy !== undefined || action.pathRewrite !== ''
}

function headerConflict(route: EnvoyRoute, name: string): string[] {
  const added = route.requestHeadersToAdd.some(({ header }) => header?.key.toLowerCase() === name)
  const removed = route.requestHeadersToRemove.some((one) => one.toLowerCase() === name)
  return added || removed ? [`the header ${name} is changed before it is hashed`] : []
}
