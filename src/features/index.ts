import type { Feature } from '../feature.ts'
import { apiVersion } from './api-version/index.ts'
import { balancing } from './balancing/index.ts'
import { bodyLimit } from './body-limit/index.ts'
import { canary } from './canary/index.ts'
import { caps } from './caps/index.ts'
import { circuitBreaker } from './circuit-breaker/index.ts'
import { compression } from './compression/index.ts'
import { cors } from './cors/index.ts'
import { fault } from './fault/index.ts'
import { grpcWeb } from './grpc-web/index.ts'
import { headers } from './headers/index.ts'
import { healthCheck } from './health-check/index.ts'
import { listenerTls } from './listener-tls/index.ts'
import { mirror } from './mirror/index.ts'
import { outlierDetection } from './outlier-detection/index.ts'
import { proxyProtocol } from './proxy-protocol/index.ts'
import { query } from './query/index.ts'
import { redirect } from './redirect/index.ts'
import { respond } from './respond/index.ts'
import { retry } from './retry/index.ts'
import { rewrite } from './rewrite/index.ts'
import { split } from './split/index.ts'
import { sticky } from './sticky/index.ts'
import { securityHeaders } from './security-headers/index.ts'
import { timeouts } from './timeouts/index.ts'
import { upstreamTls } from './upstream-tls/index.ts'
import { websocket } from './websocket/index.ts'

/** Every feature of the language. The order decides only how lists of one message are joined and how the schema reads. */
export const features: readonly Feature[] = [
  proxyProtocol,
  listenerTls,
  upstreamTls,
  balancing,
  sticky,
  healthCheck,
  outlierDetection,
  circuitBreaker,
  caps,
  redirect,
  respond,
  cors,
  bodyLimit,
  rewrite,
  query,
  compression,
  headers,
  securityHeaders,
  timeouts,
  retry,
  apiVersion,
  split,
  canary,
  mirror,
  fault,
  websocket,
  grpcWeb,
]
