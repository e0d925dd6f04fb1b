import type { MessageInitShape } from '@bufbuild/protobuf'
import type { TransportSocketSchema } from '#gen/envoy/config/core/v3/base_pb.js'
import type { ListenerFilterSchema } from '#gen/envoy/config/listener/v3/listener_components_pb.js'
import type { ResourceKey } from '../xds/resource.ts'

/** What a feature adds to a listener. It is made from the listener's node alone, so that no other edit can change the listener. */
export interface ListenerPatch {
  /** Transport socket of every connection, such as TLS. */
  readonly transportSocket?: MessageInitShape<typeof TransportSocketSchema>
  /** Run in order before the first byte reaches HTTP, such as the TLS inspector. */
  readonly listenerFilters?: readonly MessageInitShape<typeof ListenerFilterSchema>[]
  /** What the listener waits for, such as its certificate secrets. */
  readonly refs?: readonly ResourceKey[]
}
