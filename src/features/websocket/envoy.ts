import type { MessageInitShape } from '@bufbuild/protobuf'
import type { HeaderMatcherSchema } from '#gen/envoy/config/route/v3/route_components_pb.js'
import type { EnvoyParts } from '../../envoy/parts.ts'
import { quoteRegex } from '../../model/regex.ts'
import type { WebSocketPolicy } from './model.ts'

type HeaderInit = MessageInitShape<typeof HeaderMatcherSchema>

/** https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/http/upgrades */
export const envoy: EnvoyParts<WebSocketPolicy> = {
  route: () => ({ forward: { upgradeConfigs: [{ upgradeType: 'websocket' }] } }),
  // A browser lets any page open a WebSocket to any host, with the cookies of that host: only the server can look at who asks.
  variants: ({ origins }) =>
    origins === undefined ? [] : [{ when: { headers: [isWebSocket, hasOrigin, otherOrigin(origins)] }, patch: { respond: { status: 403 } } }],
}

const isWebSocket: HeaderInit = {
  name: 'upgrade',
  headerMatchSpecifier: { case: 'stringMatch', value: { matchPattern: { case: 'exact', value: 'websocket' }, ignoreCase: true } },
}

const hasOrigin: HeaderInit = { name: 'origin', headerMatchSpecifier: { case: 'presentMatch', value: true } }

function otherOrigin(origins: readonly string[]): HeaderInit {
  const regex = `(?i)(?:${origins.map(quoteRegex).join('|')})`
  return {
    name: 'origin',
    headerMatchSpecifier: { case: 'stringMatch', value: { matchPattern: { case: 'safeRegex', value: { regex } } } },
    invertMatch: true,
  }
}
