import { Type } from 'typebox'
import { size } from '../../config/schema/scalars.ts'

export const algorithms = ['brotli', 'gzip'] as const
export type Algorithm = (typeof algorithms)[number]

/** What the user writes. */
export interface Written {
  algorithms?: Algorithm[]
  types?: string[]
  minSize?: string
}

/** Content types that get much smaller. Not among them: what is compressed already, event streams, gRPC. */
export const usualTypes: readonly string[] = [
  'application/javascript',
  'application/json',
  'application/problem+json',
  'application/wasm',
  'application/xml',
  'image/svg+xml',
  'text/css',
  'text/csv',
  'text/html',
  'text/javascript',
  'text/plain',
  'text/xml',
]

export const schema = Type.Object(
  {
    algorithms: Type.Optional(
      Type.Array(Type.Enum([...algorithms]), {
        minItems: 1,
        uniqueItems: true,
        description: 'What answers may be compressed with; the client chooses.',
        default: [...algorithms],
      }),
    ),
    types: Type.Optional(
      Type.Array(
        Type.String({ pattern: '^[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+$', maxLength: 100, title: 'content type', examples: ['application/json'] }),
        {
          minItems: 1,
          uniqueItems: true,
          description: 'Content types that are compressed.',
          default: [...usualTypes],
          examples: [['application/json']],
        },
      ),
    ),
    minSize: Type.Optional(size({ description: 'Answers that tell a smaller length stay as they are.', default: '1KiB' })),
  },
  {
    additionalProperties: false,
    description: 'Compresses answers of services for clients that take it. Written as `{}`, with the defaults.',
    examples: [{}, { types: ['application/json'], minSize: '256B' }],
  },
)
