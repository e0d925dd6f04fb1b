import { Type } from 'typebox'
import { duration } from '../../config/schema/scalars.ts'

/** What the user writes. */
export interface Written {
  origins: (string | { regex: string })[]
  methods?: string[]
  headers?: string[]
  exposeHeaders?: string[]
  credentials?: boolean
  maxAge?: string
}

/** Headers that scripts may send when nothing is written: what a JSON API with a token needs. */
export const usualHeaders: readonly string[] = ['authorization', 'content-type']

const headerName = "^([A-Za-z0-9!#$%&'+.^_`|~-]+|\\*)$"

const origin = Type.Union([
  Type.String({ maxLength: 300, description: 'An origin, one with `*.` for any subdomain, or `*` for every origin.' }),
  Type.Object(
    { regex: Type.String({ maxLength: 1000, description: 'RE2 regular expression that takes the whole origin.' }) },
    { additionalProperties: false },
  ),
])

const names = (description: string, more: object = {}) =>
  Type.Optional(Type.Array(Type.String({ pattern: headerName, maxLength: 100 }), { description, uniqueItems: true, ...more }))

export const schema = Type.Object(
  {
    origins: Type.Array(origin, {
      description: 'Whose scripts may read the answers.',
      minItems: 1,
      uniqueItems: true,
      examples: [['https://shop.example.com', 'https://*.example.com']],
    }),
    methods: Type.Optional(
      Type.Array(Type.String({ pattern: '^([A-Z]+|\\*)$' }), {
        description: 'Methods that scripts may use. Default: those of the match, or DELETE, GET, HEAD, PATCH, POST and PUT.',
        minItems: 1,
        uniqueItems: true,
        examples: [['GET', 'POST']],
      }),
    ),
    headers: names('Request headers that scripts may set.', { default: [...usualHeaders] }),
    exposeHeaders: names('Response headers that scripts may read.', { default: [], examples: [['x-request-id']] }),
    credentials: Type.Optional(Type.Boolean({ description: 'Scripts may send cookies and client certificates.', default: false })),
    maxAge: Type.Optional(duration({ description: 'How long a browser may remember the answer to a preflight.', default: '10m' })),
  },
  {
    additionalProperties: false,
    description: 'Lets scripts of other origins use the route. Preflights are answered by the gateway and never forwarded.',
    examples: [{ origins: ['https://shop.example.com'], credentials: true }],
  },
)
