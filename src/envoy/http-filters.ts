import type { MessageInitShape } from '@bufbuild/protobuf'
import { type ConfigSourceSchema, ApiVersion } from '#gen/envoy/config/core/v3/config_source_pb.js'
import { RouterSchema } from '#gen/envoy/extensions/filters/http/router/v3/router_pb.js'
import type { HttpFilterSchema } from '#gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js'
import { any, anyOf, typeUrl } from './any.ts'
import { seconds } from './duration.ts'
import { type Slot, slots } from './slots.ts'

type HttpFilter = MessageInitShape<typeof HttpFilterSchema>

/** Over the one ADS stream, waiting as long as it takes: a listener opens only when all that it needs is there. */
export const fromAds: MessageInitShape<typeof ConfigSourceSchema> = {
  configSourceSpecifier: { case: 'ads', value: {} },
  resourceApiVersion: ApiVersion.V3,
  initialFetchTimeout: seconds(0),
}

/** The slots and the router, as the HTTP connection manager takes them. */
export function httpFilters(): HttpFilter[] {
  return [...slots.map(slotFilter), router]
}

function slotFilter(slot: Slot): HttpFilter {
  const disabled = slot.placement !== 'always'
  if (!slot.ecds) return { name: slot.name, disabled, configType: { case: 'typedConfig', value: anyOf(slot.type, slot.empty) } }
  return { name: slot.name, disabled, configType: { case: 'configDiscovery', value: { configSource: fromAds, typeUrls: [typeUrl(slot.type)] } } }
}

/** Without x-envoy-* towards upstreams and clients: they tell timeouts and retries to anyone. */
const router: HttpFilter = { name: 'router', configType: { case: 'typedConfig', value: any(RouterSchema, { suppressEnvoyHeaders: true }) } }
