import type { Feature } from '../../feature.ts'
import { certificateProblems } from './check.ts'
import { schema } from './config.ts'
import { envoy } from './envoy.ts'
import { type ListenerTls, lower, material } from './model.ts'
import { nginx } from './nginx.ts'

export const listenerTls: Feature<ListenerTls> = {
  name: 'listener-tls',
  points: [{ at: 'listener', key: 'tls', schema, merge: 'replace' }],
  lower,
  material,
  *checkMaterial(tls, node, read, cx, { now }) {
    for (const { index, part, ...problem } of certificateProblems(tls, read, now)) {
      yield { ...problem, at: cx.at(node, ['tls', 'certificates', index, part]) }
    }
  },
  envoy,
  nginx,
  codes: {
    'listener-tls/bad-certificate':
      'A certificate file is PEM text that begins with "-----BEGIN CERTIFICATE-----", the own certificate first, then its chain.',
    'listener-tls/bad-key': 'A private key is PEM text such as "-----BEGIN PRIVATE KEY-----", without a passphrase.',
    'listener-tls/key-mismatch': 'The private key does not belong to the first certificate of the file, so no client could be served.',
    'listener-tls/expired': 'The certificate is past its end, so every client would refuse it.',
    'listener-tls/expires-soon': 'The certificate ends within 14 days. Renew it; the new file is taken up without a restart.',
  },
}
