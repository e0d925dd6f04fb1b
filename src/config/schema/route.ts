import Type from 'typebox'
import type { Static } from 'typebox'
import { match } from './match.ts'
import { name } from './scalars.ts'

const host = Type.String({
  pattern: '^(\\*|(\\*\\.)?[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(\\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*|\\[[0-9a-fA-F:.]+\\])$',
  title: 'host name without a port',
  maxLength: 253,
  examples: ['shop.example.com', '*.example.com'],
})

export const hosts = Type.Array(host, { description: 'Host names that are served, exact or `*.suffix`; absent means every host.', minItems: 1, uniqueItems: true, examples: [['shop.example.com', '*.example.com']] })
export const listenerNames = Type.Array(name({ description: 'Name of a listener.' }), { description: 'Listeners that serve this; absent means all that do not redirect.', minItems: 1, uniqueItems: true, examples: [['public']] })
export const owner = Type.String({ description: 'Who to ask about it.', minLength: 1, maxLength: 128, examples: ['team-shop'] })

const target = Type.Object(
  {
    service: name({ description: 'Name of the service.', examples: ['orders'] }),
    weight: Type.Optional(Type.Integer({ description: 'Share of the requests among the targets.', default: 1, minimum: 0, maximum: 1_000_000, examples: [95] })),
    labels: Type.Optional(
      Type.Record(Type.String(), Type.String({ minLength: 1, maxLength: 128 }), { description: 'Only endpoints that have all these labels; a value may be an attribute of the request in braces.', examples: [{ version: 'v2' }, { version: '{request.header.x-version}' }] }),
    ),
    otherwise: Type.Optional(
      Type.Enum(['any', 'refuse'], {
        description:
          'What happens to a request that names no endpoint by a label taken from it: `any` uses every endpoint with the written labels, `refuse` answers 503. Absent: a request without the attribute goes to any, one with a value that no endpoint carries gets 503.',
        examples: ['any'],
      }),
    ),
  },
  { description: 'A service with a share of the requests.', additionalProperties: false, examples: [{ service: 'orders', weight: 95 }] },
)

const to = Type.Union([name({ description: 'Name of the service.', examples: ['orders'] }), target, Type.Array(target, { description: 'Several services, by weight.', minItems: 1 })], {
  description: 'Where requests are sent.',
  examples: ['orders', [{ service: 'orders', weight: 95 }, { service: 'orders-next', weight: 5 }]],
})

/** A route without what features add. */
export const route = Type.Object(
  {
    group: Type.Optional(name({ description: 'Group whose hosts, listeners and policy hold for this route too.', examples: ['storefront'] })),
    owner: Type.Optional(owner),
    hosts: Type.Optional(hosts),
    listeners: Type.Optional(listenerNames),
    match: Type.Union([match, Type.Array(match, { description: 'Alternatives, any of which may match.', minItems: 1 })], {
      description: 'What a request must look like: one condition, or a list of which any may match.',
      examples: [{ path: '/api/v1/orders/*', methods: ['GET', 'POST'] }],
    }),
    priority: Type.Optional(Type.Integer({ description: 'A larger number wins over every more specific match.', default: 0, minimum: -1_000_000, maximum: 1_000_000, examples: [10] })),
    to: Type.Optional(to),
  },
  { description: 'Which requests go where, and how they are treated.', additionalProperties: false },
)

export type RouteValue = Static<typeof route>
