import type { Feature } from '../../feature.ts'
import { schema } from './config.ts'
import { envoy } from './envoy.ts'
import { check, type GrpcWeb } from './model.ts'
import { nginx } from './nginx.ts'

export const grpcWeb: Feature<GrpcWeb> = {
  name: 'grpc-web',
  points: [{ at: 'route', key: 'grpcWeb', schema, merge: 'replace' }],
  lower: () => true,
  check: { route: check },
  envoy,
  nginx,
  codes: {
    'grpc-web/not-grpc': '`grpcWeb` translates between browsers and a service with `protocol: grpc`. To any other service requests pass as they are.',
  },
}
