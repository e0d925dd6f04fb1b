import { duration } from '../../envoy/duration.ts'
import { streamIdleMs } from '../../envoy/http-connection-manager.ts'
import type { EnvoyParts } from '../../envoy/parts.ts'
import type { Timeouts } from './model.ts'

/** https://www.envoyproxy.io/docs/envoy/latest/faq/configuration/timeouts */
export const envoy: EnvoyParts<Timeouts> = {
  route: (times) => {
    if ('connect' in times) return {}
    const { request, perTry, idle } = times
    return {
      forward: { timeout: duration(request), ...(idle === streamIdleMs ? {} : { idleTimeout: duration(idle) }) },
      ...(perTry === undefined ? {} : { retry: { perTryTimeout: duration(perTry) } }),
    }
  },
  cluster: (times) => ('connect' in times ? { cluster: { connectTimeout: duration(times.connect) } } : {}),
}
