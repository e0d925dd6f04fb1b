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
        ...localErrors(outlier),
        ...rates(outlier),
        interval: duration(outlier.interval),
        // Equal times switch Envoy's growing back-off off: out for as long as was written.
        baseEjectionTime: duration(outlier.ejectFor),
        maxEjectionTime: duration(outlier.maxEjectFor),
        maxEjectionPercent: outlier.maxEjected,
        // A passed health check says nothing about what real requests get.
        successfulActiveHealthCheckUnejectHost: false,
      },
    },
  }),
}

function localErrors({ consecutiveLocalErrors }: OutlierDetection) {
  if (consecutiveLocalErrors === undefined) return {}
  return {
    splitExternalLocalOriginErrors: true,
    consecutiveLocalOriginFailure: consecutiveLocalErrors,
    enforcingConsecutiveLocalOriginFailure: 100,
    enforcingLocalOriginSuccessRate: 0,
  }
}

function rates({ successRate, failureRate }: OutlierDetection) {
  return {
    ...(successRate
      ? {
          enforcingSuccessRate: 100,
          successRateMinimumHosts: successRate.minEndpoints,
          successRateRequestVolume: successRate.minRequests,
          successRateStdevFactor: Math.round(successRate.deviations * 1_000),
        }
      : { enforcingSuccessRate: 0 }),
    ...(failureRate && {
      enforcingFailurePercentage: 100,
      failurePercentageThreshold: failureRate.percent,
      failurePercentageMinimumHosts: failureRate.minEndpoints,
      failurePercentageRequestVolume: failureRate.minRequests,
    }),
  }
}
