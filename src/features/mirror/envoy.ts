import { fractionalPercent } from '../../envoy/fractional-percent.ts'
import type { EnvoyParts } from '../../envoy/parts.ts'
import type { Mirror } from './model.ts'

/** https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/route/v3/route_components.proto#config-route-v3-routeaction-requestmirrorpolicy */
export const envoy: EnvoyParts<Mirror> = {
  route: ({ copies }) => ({
    forward: {
      requestMirrorPolicies: copies.map(({ to, percent }) => ({
        cluster: to,
        runtimeFraction: { defaultValue: fractionalPercent(percent) },
        disableShadowHostSuffixAppend: true,
      })),
    },
  }),
}
