import { Type } from 'typebox'

/** What the user writes. */
export type Written = true | { origins: string[] }

export const schema = Type.Union(
  [
    Type.Literal(true, { description: 'Any page may open a WebSocket.' }),
    Type.Object(
      {
        origins: Type.Array(
          Type.String({ title: 'origin', pattern: '^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?$', examples: ['https://shop.example.com'] }),
          {
            minItems: 1,
            maxItems: 64,
            uniqueItems: true,
            description:
              'Pages that may open a WebSocket: scheme, host and port as a browser writes them in `Origin`. Clients that send no `Origin` are no browsers, and pass.',
          },
        ),
      },
      { additionalProperties: false },
    ),
  ],
  {
    description: 'Lets requests of the route become WebSockets. Without it such a request is refused with 403.',
    examples: [true, { origins: ['https://shop.example.com'] }],
  },
)
