import type { Feature } from '../../feature.ts'
import { schema } from './config.ts'
import { envoy } from './envoy.ts'
import { type Fault, lower, material, secretProblem } from './model.ts'
import { nginx } from './nginx.ts'

export const fault: Feature<Fault> = {
  name: 'fault',
  points: [{ at: 'route', key: 'fault', schema, merge: 'replace' }],
  lower,
  material,
  *checkMaterial({ onlyWith }, node, read, cx) {
    const problem = onlyWith && secretProblem(read(onlyWith.secret))
    if (problem === undefined) return
    yield { code: 'fault/bad-secret', severity: 'error', message: problem, at: cx.at(node, ['fault', 'onlyWith', 'secret']) }
  },
  envoy,
  nginx,
  codes: {
    'fault/nothing': 'A fault with neither `delay` nor `abort` would do nothing.',
    'fault/reserved-header':
      'Headers such as x-auth-*, x-envoy-*, x-forwarded-* and x-request-id are written or removed by the gateway before routes are looked at.',
    'fault/bad-secret':
      'Who knows the secret can disturb every request of the route, so it must be long: 16 to 1,024 visible ASCII characters without spaces, for example `openssl rand -hex 16`.',
  },
}
