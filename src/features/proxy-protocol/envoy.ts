import { ProxyProtocolSchema } from '#gen/envoy/extensions/filters/listener/proxy_protocol/v3/proxy_protocol_pb.js'
import { any } from '../../envoy/any.ts'
import type { EnvoyParts } from '../../envoy/parts.ts'

/** https://www.envoyproxy.io/docs/envoy/latest/configuration/listeners/listener_filters/proxy_protocol */
export const envoy: EnvoyParts<true> = {
  listener: () => ({
    listenerFilters: [{ name: 'proxy-protocol', configType: { case: 'typedConfig', value: any(ProxyProtocolSchema, {}) } }],
  }),
}
