import { Type } from 'typebox'

/** What the user writes. */
export interface Written {
  serverName?: string
  ca?: string
  verify?: boolean
}

export const schema = Type.Object(
  {
    serverName: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$',
        maxLength: 253,
        description:
          'Name to ask for, and that the certificate must carry. Default: the host name of the endpoint; needed when endpoints are IP addresses.',
      }),
    ),
    ca: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'PEM file with the authorities that are trusted. Default: those of the system that the proxy runs on.',
      }),
    ),
    verify: Type.Optional(Type.Boolean({ description: 'False takes any certificate. Only for tests.', default: true })),
  },
  {
    additionalProperties: false,
    description: 'Speaks TLS to the endpoints and verifies their names.',
    examples: [{ serverName: 'orders.internal', ca: 'certs/internal-ca.pem' }],
  },
)
