/** A key of an entity and what it may be. */
export type Value = readonly [key: string, value: unknown]

interface Values {
  /** A gateway may stay sound with these. */
  readonly sound: readonly Value[]
  readonly other: readonly Value[]
}

export const service: Values = {
  sound: [
    ['endpoints', ['10.0.0.9:80', { address: '10.0.0.8:80', weight: 3, zone: 'a', labels: { tier: 'gold' } }]],
    ['endpoints', ['10.0.0.6:${PORT}']],
    ['endpoints', []],
    ['endpoints', ['backend.example.com:80']],
    ['protocol', 'grpc'],
    ['protocol', 'http1'],
    ['caps', { requests: 7 }],
    ['connectTimeout', '20s'],
    ['circuitBreaker', 'none'],
    ['balancing', { strategy: 'random', zones: { prefer: ['a'] } }],
    ['tls', 'none'],
    ['healthCheck', { path: '/health' }],
  ],
  other: [
    ['endpoints', ['10.0.0.7:80', '10.0.0.7:80']],
    ['endpoints', ['not an address']],
    ['protocol', 'h2'],
    ['caps', { overflow: { status: 429 } }],
    ['circuitBreaker', { fallback: { service: 'two' } }],
    ['circuitBreaker', { fallback: { service: 'one' } }],
    ['tls', { caFile: 'ca.pem' }],
    ['nonsense', 1],
  ],
}

export const route: Values = {
  sound: [
    ['timeouts', { request: '5s' }],
    ['timeouts', { request: '${TIME}', perTry: '500ms' }],
    ['retry', { attempts: 3 }],
    ['hosts', ['a.example.com']],
    ['hosts', ['*.example.com', 'b.example.com']],
    ['hosts', ['*']],
    ['match', { path: '/one/{id}', methods: ['GET'] }],
    ['match', [{ path: '/two' }, { path: '/two/*', headers: { 'x-a': 'b' } }]],
    ['match', { path: { regex: '/[a-z]+' } }],
    ['priority', 5],
    ['group', 'g'],
    ['to', 'one'],
    ['to', 'two'],
    ['to', { service: 'one', labels: { tier: 'gold' } }],
    ['listeners', ['public']],
    ['canary', { to: 'two', percent: '5%' }],
    ['mirror', { to: 'two' }],
    ['websocket', true],
    ['rewrite', 'none'],
    ['apiVersion', { version: '1', deprecated: '2029-01-01', sunset: '2030-06-01' }],
    ['headers', { request: { set: { 'x-a': '${TIME}' } } }],
    ['owner', 'team'],
  ],
  other: [
    ['timeouts', { request: '${GONE}' }],
    ['hosts', ['bad host']],
    ['match', { path: '/one/*' }],
    ['match', { path: '/{bad' }],
    ['priority', 'high'],
    ['group', 'h'],
    ['to', 'three'],
    ['to', 'unknown'],
    [
      'to',
      [
        { service: 'one', labels: { zone: 'x' } },
        { service: 'two', weight: 3 },
      ],
    ],
    ['listeners', ['second']],
    ['mirror', { to: 'three' }],
    ['grpcWeb', true],
    ['rewrite', { prefix: '/' }],
  ],
}

export const listener: Values = {
  sound: [
    ['port', 8081],
    ['port', 8082],
    ['errorFormat', 'text'],
    ['trustedHops', 1],
  ],
  other: [
    ['port', 8080],
    ['redirectTo', 'public'],
    ['redirectTo', 'nobody'],
  ],
}

export const group: Values = {
  sound: [
    ['hosts', ['g.example.com']],
    ['policy', { timeouts: { request: '7s' } }],
    ['policy', { retry: { attempts: 2 } }],
    ['owner', 'others'],
  ],
  other: [
    ['listeners', ['second']],
    ['policy', { rewrite: { prefix: '/x' } }],
  ],
}
