import Type from 'typebox'
import type { Static } from 'typebox'
import { name } from './scalars.ts'

/** A listener without what features add. */
export const listener = Type.Object(
  {
    address: Type.Optional(Type.String({ description: 'IP address to bind.', default: '0.0.0.0', examples: ['0.0.0.0', '127.0.0.1', '::'], minLength: 2, maxLength: 45 })),
    port: Type.Integer({ description: 'TCP port to bind.', minimum: 1, maximum: 65_535, examples: [8080, 8443] }),
    trustedHops: Type.Optional(
      Type.Integer({ description: 'How many proxies stand in front, whose X-Forwarded-For entry is believed.', default: 0, minimum: 0, maximum: 16, examples: [0, 1] }),
    ),
    errorFormat: Type.Optional(
      Type.Enum(['json', 'problem-json', 'text'], { description: 'Shape of the replies that the gateway makes itself.', default: 'problem-json', examples: ['json'] }),
    ),
    redirectTo: Type.Optional(name({ description: 'Listener that every request is redirected to.', examples: ['public'] })),
  },
  { description: 'One port that clients connect to.', additionalProperties: false },
)

export type ListenerValue = Static<typeof listener>
