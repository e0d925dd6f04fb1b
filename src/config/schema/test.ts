import Type from 'typebox'

/** A route test. */
export const test = Type.Object(
  {
    request: Type.String({
      pattern: '^([A-Z]+ )?(https?://[^\\s/]+)?/\\S*$',
      title: 'request',
      description: 'Method and URL of the request.',
      examples: ['GET https://shop.example.com/api/v1/orders/7'],
    }),
    headers: Type.Optional(Type.Record(Type.String(), Type.String(), { description: 'Headers of the request.', examples: [{ 'x-beta': '1' }] })),
    expect: Type.Object(
      {
        route: Type.Optional(Type.String({ description: 'Name of the route that must take it.', examples: ['orders'] })),
        service: Type.Optional(Type.String({ description: 'Name of a service that may get it.', examples: ['orders'] })),
        path: Type.Optional(Type.String({ description: 'Path that the service sees.', examples: ['/7'] })),
        status: Type.Optional(Type.Integer({ description: 'Status of a reply that the gateway makes itself.', minimum: 100, maximum: 599, examples: [301] })),
      },
      { description: 'What must come of it.', additionalProperties: false, minProperties: 1, examples: [{ route: 'orders', service: 'orders' }] },
    ),
  },
  { description: 'A request and what must come of it.', additionalProperties: false },
)
