import { Type } from 'typebox'
import { duration, percent } from '../../config/schema/scalars.ts'

const methods = ['GET', 'HEAD', 'OPTIONS'] as const

interface WrittenHttp {
  path?: string
  host?: string
  method?: (typeof methods)[number]
  expect?: number[]
  body?: string
  headers?: Record<string, string>
}

/** What the user writes. Durations are texts such as `5s`; `path`, `host` and `expect` are the short form of `http`. */
export interface Written extends Pick<WrittenHttp, 'path' | 'host' | 'expect'> {
  http?: WrittenHttp
  tcp?: { send?: string; receive?: string }
  grpc?: { service?: string }
  interval?: string
  timeout?: string
  unhealthyAfter?: number
  healthyAfter?: number
  unhealthyInterval?: string
  idleInterval?: string
  jitter?: string
}

const short = {
  path: Type.Optional(
    Type.String({ pattern: '^/[\\x21-\\x7e]*$', title: 'path', examples: ['/health'], description: 'Path to ask for.', default: '/health' }),
  ),
  host: Type.Optional(
    Type.String({ pattern: '^[\\x21-\\x7e]{1,255}$', title: 'host', description: 'Host header of the check. Default: the name of the service.' }),
  ),
  expect: Type.Optional(
    Type.Array(Type.Integer({ minimum: 100, maximum: 599 }), {
      minItems: 1,
      uniqueItems: true,
      description: 'Statuses that mean healthy.',
      default: [200],
    }),
  ),
}

const text = (description: string) => Type.Optional(Type.String({ minLength: 1, maxLength: 256, description }))

const http = Type.Object(
  {
    ...short,
    method: Type.Optional(Type.Enum([...methods], { description: 'Method to ask with.', default: 'GET' })),
    body: text('Text that the first 16 KiB of the answer must hold.'),
    headers: Type.Optional(
      Type.Record(Type.String({ pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$" }), Type.String({ pattern: '^[\\x20-\\x7e]*$', maxLength: 1024 }), {
        description: 'Further headers of the question.',
        additionalProperties: false,
      }),
    ),
  },
  { additionalProperties: false, description: 'Asks over HTTP; the long form of `path`, `host` and `expect`.' },
)

const tcp = Type.Object(
  { send: text('Text to send once connected.'), receive: text('Text that must come back. Default: to be connected is enough.') },
  { additionalProperties: false, description: 'Opens a connection.' },
)

const grpc = Type.Object(
  { service: text('Name of the gRPC service to ask for. Default: the server as a whole.') },
  { additionalProperties: false, description: 'Asks by the gRPC health protocol.' },
)

export const schema = Type.Object(
  {
    ...short,
    http: Type.Optional(http),
    tcp: Type.Optional(tcp),
    grpc: Type.Optional(grpc),
    interval: Type.Optional(duration({ description: 'Time between checks of one endpoint.', default: '5s' })),
    timeout: Type.Optional(duration({ description: 'Time after which a check counts as failed.', default: '1s' })),
    unhealthyAfter: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 100, description: 'Failed checks in a row that take an endpoint out.', default: 3 }),
    ),
    healthyAfter: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, description: 'Passed checks in a row that take it back.', default: 2 })),
    unhealthyInterval: Type.Optional(duration({ description: 'Time between checks of an endpoint that is sick. Default: `interval`.' })),
    idleInterval: Type.Optional(duration({ description: 'Time between checks before the service has had its first request. Default: `interval`.' })),
    jitter: Type.Optional(
      percent({ description: 'Each wait is longer by a random share up to this, so that proxies do not ask all at once.', default: '0%' }),
    ),
  },
  {
    additionalProperties: false,
    description: 'Asks every endpoint for its health and sends requests only to the healthy ones.',
    examples: [
      { path: '/health', interval: '5s', timeout: '1s', unhealthyAfter: 3, healthyAfter: 2 },
      { http: { path: '/health', body: '"status":"ok"' }, unhealthyInterval: '30s', jitter: '10%' },
      { tcp: {} },
      { grpc: { service: 'shop.Orders' } },
    ],
  },
)
