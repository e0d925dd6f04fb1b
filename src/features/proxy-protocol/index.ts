import type { Feature } from '../../feature.ts'
import { schema } from './config.ts'
import { envoy } from './envoy.ts'
import { nginx } from './nginx.ts'

export const proxyProtocol: Feature<true> = {
  name: 'proxy-protocol',
  points: [{ at: 'listener', key: 'proxyProtocol', schema, merge: 'replace' }],
  lower: () => true,
  envoy,
  nginx,
}
