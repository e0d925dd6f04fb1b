import { create } from '@bufbuild/protobuf'
import { HTTPFaultSchema } from '#gen/envoy/extensions/filters/http/fault/v3/fault_pb.js'
import { duration } from '../../envoy/duration.ts'
import { fractionalPercent } from '../../envoy/fractional-percent.ts'
import type { EnvoyParts, RoutePatch } from '../../envoy/parts.ts'
import { type Fault, secretText } from './model.ts'

/**
 * Only where there is a service. With a secret, only a variant of the route has the filter. The filter's own header control is never used: it obeys any client.
 * https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/fault_filter
 */
export const envoy: EnvoyParts<Fault> = {
  route: (fault, route) => {
    if (route.action.type !== 'forward') return {}
    return fault.onlyWith ? { requestHeadersToRemove: [fault.onlyWith.header] } : disturb(fault)
  },
  variants(fault, route, _match, cx) {
    if (!fault.onlyWith || route.action.type !== 'forward') return []
    const { header, secret } = fault.onlyWith
    const exact = { case: 'exact' as const, value: secretText(cx.read(secret)) }
    const holds = { name: header, headerMatchSpecifier: { case: 'stringMatch' as const, value: { matchPattern: exact } } }
    return [{ when: { headers: [holds] }, patch: { ...disturb(fault), requestHeadersToRemove: [header] } }]
  },
}

function disturb({ delay, abort }: Fault): RoutePatch {
  const message = create(HTTPFaultSchema, {
    disableDownstreamClusterStats: true,
    ...(delay && {
      delay: {
        faultDelaySecifier: { case: 'fixedDelay', value: duration(delay.time) },
        percentage: fractionalPercent(delay.percent),
      },
    }),
    ...(abort && { abort: { errorType: { case: 'httpStatus', value: abort.status }, percentage: fractionalPercent(abort.percent) } }),
  })
  return { perFilter: { fault: message } }
}
