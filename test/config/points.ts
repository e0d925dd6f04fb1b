import Type from 'typebox'
import { duration, percent, secretRef } from '../../src/config/schema/scalars.ts'
import type { Point } from '../../src/feature.ts'

/** Keys of made-up features, one for each place where a feature may add some. */
export const points: readonly Point[] = [
  {
    at: 'route',
    key: 'retry',
    merge: 'fields',
    schema: Type.Object(
      {
        attempts: Type.Optional(Type.Integer({ description: 'How often.', minimum: 0, maximum: 10, examples: [3] })),
        when: Type.Optional(Type.Array(Type.Enum(['connect-failure', '5xx', 'reset']), { description: 'After what.', minItems: 1 })),
        backoff: Type.Optional(duration({ description: 'Pause between two attempts.', default: '100ms' })),
      },
      { description: 'Tries again.', additionalProperties: false, examples: [{ attempts: 3 }] },
    ),
  },
  { at: 'route', key: 'timeout', merge: 'replace', schema: duration({ description: 'Longest time.', default: '15s' }) },
  {
    at: 'action',
    key: 'respond',
    merge: 'replace',
    schema: Type.Object(
      { status: Type.Integer({ description: 'Status.', minimum: 200, maximum: 599 }) },
      { description: 'Answers itself.', additionalProperties: false },
    ),
  },
  {
    at: 'service',
    key: 'balancing',
    merge: 'replace',
    schema: Type.Union(
      [
        Type.Enum(['round-robin', 'least-request']),
        Type.Object(
          { strategy: Type.Enum(['ring-hash', 'maglev'], { description: 'How.' }), key: Type.String({ description: 'By what.', minLength: 1 }) },
          { additionalProperties: false },
        ),
      ],
      { description: 'Picks an instance.', default: 'round-robin', examples: ['least-request'] },
    ),
  },
  { at: 'service', key: 'panic', merge: 'replace', schema: percent({ description: 'Share of healthy instances.', default: '0%' }) },
  {
    at: 'listener',
    key: 'tls',
    merge: 'fields',
    schema: Type.Object({ key: secretRef({ description: 'Private key.' }) }, { description: 'TLS.', additionalProperties: false }),
  },
  {
    at: 'gateway',
    key: 'accessLog',
    merge: 'fields',
    schema: Type.Object({ path: Type.String({ description: 'Where.' }) }, { description: 'Log.', additionalProperties: false }),
  },
]
