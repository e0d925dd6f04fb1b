import { create } from '@bufbuild/protobuf'
import { ListenerSchema } from '#gen/envoy/config/listener/v3/listener_pb.js'
import { HttpConnectionManagerSchema } from '#gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js'
import type { Listener } from '../model/gateway.ts'
import type { Resource, ResourceKey } from '../xds/resource.ts'
import { any } from './any.ts'
import { seconds } from './duration.ts'
import { httpConnectionManager } from './http-connection-manager.ts'
import type { ListenerPatch } from './listener-patch.ts'
import { toResource } from './resource.ts'
import { slots } from './slots.ts'

/**
 * The listener as an xDS resource. It depends on the listener's own node (and the patches that features make from it) and on nothing else:
 * everything that routes, services and policies change arrives by RDS, ECDS and SDS, because a changed listener drains its connections.
 * Its routes are the route configuration of the same name.
 */
export function emitListener(listener: Listener, patch: ListenerPatch = {}): Resource {
  const manager = any(HttpConnectionManagerSchema, httpConnectionManager(listener))
  const message = create(ListenerSchema, {
    name: listener.name,
    statPrefix: listener.name,
    address: {
      address: {
        case: 'socketAddress',
        value: { address: listener.address, portSpecifier: { case: 'portValue', value: listener.port }, ipv4Compat: listener.address === '::' },
      },
    },
    perConnectionBufferLimitBytes: 32_768,
    maxConnectionsToAcceptPerSocketEvent: 16,
    listenerFiltersTimeout: seconds(15),
    listenerFilters: [...(patch.listenerFilters ?? [])],
    filterChains: [
      {
        filters: [{ name: 'http', configType: { case: 'typedConfig', value: manager } }],
        ...(patch.transportSocket && { transportSocket: patch.transportSocket, transportSocketConnectTimeout: seconds(10) }),
      },
    ],
  })
  return toResource({ type: 'listener', name: listener.name }, ListenerSchema, message, {
    refs: refsOf(listener, patch),
    owner: `listener/${listener.name}`,
  })
}

function refsOf(listener: Listener, patch: ListenerPatch): ResourceKey[] {
  const extensions = slots.filter((slot) => slot.ecds).map((slot): ResourceKey => ({ type: 'extension', name: slot.name }))
  return [{ type: 'routes', name: listener.name }, ...extensions, ...(patch.refs ?? [])]
}
