import Type from 'typebox'
import type { Static } from 'typebox'
import { hostPort } from './scalars.ts'

const address = hostPort({ description: 'IP address or host name, and port; brackets around an IPv6 address.' })

const longEndpoint = Type.Object(
  {
    address,
    weight: Type.Optional(Type.Integer({ description: 'Share of the traffic among the endpoints of the service.', default: 1, minimum: 1, maximum: 1000, examples: [3] })),
    zone: Type.Optional(Type.String({ description: 'Where the endpoint runs; near ones are preferred.', minLength: 1, maxLength: 63, examples: ['eu-1a'] })),
    labels: Type.Optional(
      Type.Record(
        Type.String(),
        Type.Union([Type.String({ minLength: 1, maxLength: 128 }), Type.Array(Type.String({ minLength: 1, maxLength: 128 }), { minItems: 1, maxItems: 32 })]),
        { description: 'What routes may select endpoints by; several values are written as a list.', examples: [{ version: 'v2', capability: ['gpu'] }] },
      ),
    ),
  },
  { description: 'An endpoint with weight, zone or labels.', additionalProperties: false, examples: [{ address: '10.0.0.2:9000', weight: 3 }] },
)

const endpoint = Type.Union([address, longEndpoint], { description: 'One instance of the service.', examples: ['10.0.0.1:9000', { address: '10.0.0.2:9000', weight: 3 }] })

/** A service without what features add. */
export const service = Type.Object(
  {
    endpoints: Type.Optional(Type.Array(endpoint, { description: 'The instances of the service, by address.', examples: [['10.0.0.1:9000', '10.0.0.2:9000']] })),
    discovery: Type.Optional(
      Type.Object(
        { dns: hostPort({ description: 'Name and port; every address that the name has is an instance, and changes are followed.', examples: ['billing.internal:8080'] }) },
        { description: 'How instances are found, instead of listing them.', additionalProperties: false, examples: [{ dns: 'billing.internal:8080' }] },
      ),
    ),
    protocol: Type.Optional(Type.Enum(['http1', 'h2', 'grpc'], { description: 'What the instances speak.', default: 'http1', examples: ['grpc'] })),
  },
  { description: 'A backend: instances that answer the same requests.', additionalProperties: false },
)

/** Of these a service has exactly one. */
export const serviceSources = ['endpoints', 'discovery'] as const

export type ServiceValue = Static<typeof service>
export type EndpointValue = Static<typeof endpoint>
