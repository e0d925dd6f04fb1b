import type { MessageInitShape } from '@bufbuild/protobuf'
import {
  type OverloadActionSchema,
  type OverloadManagerSchema,
  ScaleTimersOverloadActionConfig_TimerType as Timer,
  ScaleTimersOverloadActionConfigSchema,
} from '#gen/envoy/config/overload/v3/overload_pb.js'
import { DownstreamConnectionsConfigSchema } from '#gen/envoy/extensions/resource_monitors/downstream_connections/v3/downstream_connections_pb.js'
import { FixedHeapConfigSchema } from '#gen/envoy/extensions/resource_monitors/fixed_heap/v3/fixed_heap_pb.js'
import { any } from './any.ts'
import { duration, seconds } from './duration.ts'

type Action = MessageInitShape<typeof OverloadActionSchema>

const heap = 'envoy.resource_monitors.fixed_heap'
const connections = 'envoy.resource_monitors.global_downstream_max_connections'

/** When the proxy sheds load instead of dying. Defaults: 2 GiB of heap, 50,000 connections (keep it under half of the file descriptor limit). */
export interface OverloadLimits {
  readonly maxHeapBytes?: number
  readonly maxConnections?: number
}

/** Steps of growing severity, each at a share of the heap limit. */
export function overloadManager(limits: OverloadLimits = {}): MessageInitShape<typeof OverloadManagerSchema> {
  return {
    refreshInterval: duration(250),
    bufferFactoryConfig: { minimumAccountToTrackPowerOfTwo: 20 },
    resourceMonitors: [
      {
        name: heap,
        configType: { case: 'typedConfig', value: any(FixedHeapConfigSchema, { maxHeapSizeBytes: BigInt(limits.maxHeapBytes ?? 2 * 1024 ** 3) }) },
      },
      {
        name: connections,
        configType: {
          case: 'typedConfig',
          value: any(DownstreamConnectionsConfigSchema, { maxActiveDownstreamConnections: BigInt(limits.maxConnections ?? 50_000) }),
        },
      },
    ],
    actions: [
      reduceTimeouts,
      above('envoy.overload_actions.shrink_heap', 0.9),
      above('envoy.overload_actions.disable_http_keepalive', 0.92),
      scaled('envoy.overload_actions.reset_high_memory_stream', 0.92, 0.98),
      above('envoy.overload_actions.stop_accepting_requests', 0.95),
    ],
    loadshedPoints: ['tcp_listener_accept', 'http_connection_manager_decode_headers', 'http_downstream_filter_check'].map((point) => ({
      name: `envoy.load_shed_points.${point}`,
      triggers: [threshold(0.95)],
    })),
  }
}

/**
 * Runtime keys that bound the connections of each listener, for the `switches` layer.
 * They are runtime keys because Envoy has no field for them. https://www.envoyproxy.io/docs/envoy/latest/configuration/best_practices/edge
 */
export function connectionLimits(listeners: Iterable<string>, limit = 10_000): Map<string, number> {
  return new Map([...listeners].map((name) => [`envoy.resource_limits.listener.${name}.connection_limit`, limit]))
}

const reduceTimeouts: Action = {
  ...scaled('envoy.overload_actions.reduce_timeouts', 0.85, 0.95),
  typedConfig: any(ScaleTimersOverloadActionConfigSchema, {
    timerScaleFactors: [
      { timer: Timer.HTTP_DOWNSTREAM_CONNECTION_IDLE, overloadAdjust: { case: 'minTimeout', value: seconds(2) } },
      { timer: Timer.HTTP_DOWNSTREAM_STREAM_IDLE, overloadAdjust: { case: 'minTimeout', value: seconds(5) } },
    ],
  }),
}

function above(name: string, value: number): Action {
  return { name, triggers: [threshold(value)] }
}

function threshold(value: number) {
  return { name: heap, triggerOneof: { case: 'threshold' as const, value: { value } } }
}

function scaled(name: string, scalingThreshold: number, saturationThreshold: number) {
  return { name, triggers: [{ name: heap, triggerOneof: { case: 'scaled' as const, value: { scalingThreshold, saturationThreshold } } }] }
}
