import fc from 'fast-check'

/** A gateway as plain data, to be written as YAML in any form. */
export interface Written {
  version: 1
  name: string
  listeners: Record<string, Record<string, unknown>>
  services: Record<string, Record<string, unknown>>
  routes: Record<string, Record<string, unknown>>
  defaults?: Record<string, unknown>
}

/** Not `n` or `y`, which many YAML readers take for booleans. */
const name = fc.stringMatching(/^s[a-z0-9]{1,6}$/)
const segment = fc.constantFrom('a', 'b', 'orders', 'users', 'v1')
const path = fc
  .tuple(fc.array(segment, { minLength: 1, maxLength: 3 }), fc.constantFrom('', '/*', '/{id}'))
  .map(([segments, end]) => `/${segments.join('/')}${end}`)

const service = fc.record(
  {
    endpoints: fc
      .uniqueArray(fc.tuple(fc.integer({ min: 1, max: 250 }), fc.integer({ min: 1000, max: 9999 })), {
        minLength: 1,
        maxLength: 4,
        selector: (one) => one.join(),
      })
      .map((list) => list.map(([host, port]) => `10.0.0.${host}:${port}`)),
    balancing: fc.constantFrom('round-robin', 'least-request', 'random'),
    healthCheck: fc.record({ path: fc.constant('/health'), unhealthyAfter: fc.integer({ min: 1, max: 9 }) }),
    protocol: fc.constantFrom('http1', 'h2'),
  },
  { requiredKeys: ['endpoints'] },
)

/** Valid gateways: every route has a path of its own, so that none is a duplicate. */
export const gateways: fc.Arbitrary<Written> = fc
  .record({
    services: fc.dictionary(name, service, { minKeys: 1, maxKeys: 5, noNullPrototype: true }),
    paths: fc.uniqueArray(path, { minLength: 1, maxLength: 8, selector: (one) => one.replace(/\{id\}/, '{}') }),
    extras: fc.array(
      fc.record(
        {
          timeouts: fc.record({ request: fc.constantFrom('1s', '30s') }),
          hosts: fc.constantFrom(['a.example.com'], ['*.example.com']),
          methods: fc.constantFrom(['GET'], ['GET', 'POST']),
        },
        { requiredKeys: [] },
      ),
      { minLength: 8, maxLength: 8 },
    ),
    port: fc.integer({ min: 1024, max: 65000 }),
  })
  .map(({ services, paths, extras, port }) => {
    const names = Object.keys(services)
    const routes = paths.map((one, index): [string, Record<string, unknown>] => {
      const { methods, ...policies } = extras[index] ?? {}
      return [`r${index}`, { match: { path: one, ...(methods && { methods }) }, to: names[index % names.length], ...policies }]
    })
    return { version: 1, name: 'test', listeners: { public: { port } }, services, routes: Object.fromEntries(routes) }
  })
