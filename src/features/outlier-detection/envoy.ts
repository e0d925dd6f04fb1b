import { duration } from '../../envoy/duration.ts'
import type { EnvoyParts } from '../../envoy/parts.ts'
import type { OutlierDetection } from './model.ts'

/** https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/outlier */
export const envoy: EnvoyParts<OutlierDetection> = {
  cluster: (outlier) => ({
    cluster: {
      outlierDetection: {
        consecutive5xx: outlier.consecutive5xx,
        enforcingConsecutive5xx: 100,
        ...(outlier.consecutiveGatewayErrors === undefined
          ? { enforcingConsecutiveGatewayFailure: 0 }
          : { consecutiveGatewayFailure: outlier.consecutiveGatewayErrors, enforcingConsecutiveGatewayFailure: 100 }),
        enforcingSuccessRate: 0,
        interval: duration(outlier.interval),
        // Equal times switch Envoy's growing back-off off: out for as long as was written.
        baseEjectionTime: duration(outlier.ejectFor),
        maxEjectionTime: duration(outlier.ejectFor),
        maxEjectionPercent: outlier.maxEjected,
      },
    },
  }),
}
