import { Type } from 'typebox'
import { secretRef } from '../../config/schema/scalars.ts'

/** What the user writes. */
export interface Written {
  certificates: { cert: string; key: string }[]
  minVersion?: '1.2' | '1.3'
}

export const schema = Type.Object(
  {
    certificates: Type.Array(
      Type.Object(
        {
          cert: Type.String({ minLength: 1, description: 'PEM file with the certificate and its chain.', examples: ['certs/shop.pem'] }),
          key: secretRef({ description: 'The private key, PEM.', examples: ['secret://file/certs/shop.key'] }),
        },
        { additionalProperties: false },
      ),
      { minItems: 1, maxItems: 64, description: 'Certificates; the proxy picks by the name that the client asks for, the first is the fallback.' },
    ),
    minVersion: Type.Optional(Type.Enum(['1.2', '1.3'], { description: 'Oldest TLS version that is taken.', default: '1.2' })),
  },
  {
    additionalProperties: false,
    description: 'Serves HTTPS. Certificates reach the proxies by SDS: a renewed file is taken up without closing a connection.',
    examples: [{ certificates: [{ cert: 'certs/shop.pem', key: 'secret://file/certs/shop.key' }] }],
  },
)
