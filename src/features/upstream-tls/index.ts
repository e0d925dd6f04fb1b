import { isIP } from 'node:net'
import type { Diagnostic } from '../../diagnostics/diagnostic.ts'
import type { Feature } from '../../feature.ts'
import { schema } from './config.ts'
import { envoy } from './envoy.ts'
import { lower, material, type UpstreamTls } from './model.ts'
import { nginx } from './nginx.ts'

export const upstreamTls: Feature<UpstreamTls> = {
  name: 'upstream-tls',
  points: [{ at: 'service', key: 'tls', schema, merge: 'replace' }],
  lower,
  check: {
    *service(tls, service, cx): Iterable<Diagnostic> {
      if (!tls.verify || tls.serverName !== undefined) return
      const names = new Set(service.discovery.endpoints.map((endpoint) => endpoint.address))
      if (names.size === 1 && [...names].every((name) => isIP(name) === 0)) return
      yield {
        code: 'upstream-tls/missing-name',
        severity: 'error',
        message: `service ${service.name} verifies certificates, but it is not said which name they carry`,
        at: cx.at(service, ['tls'], 'key'),
        help: 'add `serverName`; it is only known by itself when the service has one DNS name',
      }
    },
  },
  material,
  envoy,
  nginx,
  codes: {
    'upstream-tls/unverified': 'Without verification TLS protects against nobody who can answer for the address of the service.',
    'upstream-tls/missing-name': 'A certificate proves a name. With IP addresses, or several names, `serverName` says which one counts.',
  },
}
