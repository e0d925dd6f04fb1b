import { Type } from 'typebox'
import { duration } from '../../config/schema/scalars.ts'

/** What the user writes. */
export type Written = string | WrittenFields

export interface WrittenFields {
  cookie: string
  ttl?: string
  path?: string
  strict?: boolean
  secure?: boolean
  sameSite?: 'lax' | 'strict' | 'none'
}

const cookie = Type.String({
  pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$",
  maxLength: 128,
  title: 'cookie name',
  description: 'Name of the cookie that keeps a client at the endpoint that answered it first.',
  examples: ['orders-session'],
})

export const schema = Type.Union(
  [
    cookie,
    Type.Object(
      {
        cookie,
        ttl: Type.Optional(
          duration({
            description: 'How long the cookie holds, in whole seconds; absent, as long as the browser is open.',
            examples: ['1h'],
          }),
        ),
        path: Type.Optional(
          Type.String({
            pattern: '^/[!-:<-~]*$',
            maxLength: 512,
            title: 'path',
            description: 'Path prefix of the requests that the cookie is for.',
            default: '/',
            examples: ['/', '/cart'],
          }),
        ),
        strict: Type.Optional(
          Type.Boolean({
            description: 'Answer 503 when the endpoint of the cookie is gone or sick, instead of choosing another one.',
            default: false,
            examples: [true],
          }),
        ),
        secure: Type.Optional(Type.Boolean({ description: 'Browsers send the cookie over HTTPS only.', default: false, examples: [true] })),
        sameSite: Type.Optional(
          Type.Enum(['lax', 'strict', 'none'], {
            description: 'Whether browsers send the cookie with requests that other sites start.',
            default: 'lax',
            examples: ['strict'],
          }),
        ),
      },
      { additionalProperties: false },
    ),
  ],
  {
    description: 'Keeps a client at one endpoint by a cookie.',
    examples: ['orders-session', { cookie: 'orders-session', ttl: '1h' }],
  },
)
