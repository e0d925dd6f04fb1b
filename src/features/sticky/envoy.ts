import { create } from '@bufbuild/protobuf'
import {
  type StatefulSessionPerRoute,
  StatefulSessionPerRouteSchema,
} from '#gen/envoy/extensions/filters/http/stateful_session/v3/stateful_session_pb.js'
import { CookieBasedSessionStateSchema } from '#gen/envoy/extensions/http/stateful_session/cookie/v3/cookie_pb.js'
import { any } from '../../envoy/any.ts'
import { seconds } from '../../envoy/duration.ts'
import type { EnvoyParts } from '../../envoy/parts.ts'
import type { Service } from '../../model/gateway.ts'
import type { Sticky } from './model.ts'

/** Envoy looks this extension up by its name, so no other will do. */
const byCookie = 'envoy.http.stateful_session.cookie'

export const envoy: EnvoyParts<Sticky> = {
  target: (sticky) => ({ 'stateful-session': session(sticky) }),
  *support(_, node) {
    if ((node as Service).subsets.length === 0) return
    yield {
      kind: 'refused',
      message: `routes choose endpoints of service ${node.name} by labels, and Envoy obeys the cookie before the labels: a client could reach the other endpoints`,
      path: ['sticky'],
      help: 'make a service of its own of the endpoints with these labels, or leave `sticky` out',
    }
  },
}

/** https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/stateful_session_filter; the cookie is HttpOnly by itself. */
function session({ cookie, ttl, path, strict, secure, sameSite }: Sticky): StatefulSessionPerRoute {
  const attributes = [...(secure ? [{ name: 'Secure' }] : []), { name: 'SameSite', value: sameSite }]
  const typedConfig = any(CookieBasedSessionStateSchema, {
    cookie: { name: cookie, path, ...(ttl === undefined ? {} : { ttl: seconds(ttl) }), attributes },
  })
  return create(StatefulSessionPerRouteSchema, {
    override: { case: 'statefulSession', value: { sessionState: { name: byCookie, typedConfig }, strict } },
  })
}
