import { describe, expect, it } from 'vitest'
import { blame } from '../../src/admin/blame.ts'
import type { Refused } from '../../src/admin/blame-routes.ts'
import { Culprits } from '../../src/admin/culprits.ts'
import { explainMessage, shortMessage } from '../../src/admin/envoy-words.ts'
import { History } from '../../src/admin/history.ts'
import type { Good } from '../../src/compile.ts'
import type { Rejection } from '../../src/xds/events.ts'
import { shop, testSource, type TestSource } from './fixture.ts'

// Texts of the real Envoy 1.40.
const pgv = (inner: string) => `Proto constraint validation failed (${inner})`
const dump = 'goo.gle/debugproto  \nname: "orders"\nconnect_timeout {\n}\ninline_string: "TOP SECRET"\n'

const withRegex = `${shop}  search:
    match: {path: {regex: "/search/[a-z]+"}}
    to: orders
`

async function goods(source: TestSource, ...texts: string[]): Promise<Good[]> {
  const made: Good[] = []
  for (const text of texts) {
    const { good, diagnostics } = (await source.write(text)).compiled
    if (!good) throw new Error(JSON.stringify(diagnostics))
    made.push(good)
  }
  return made
}

const nodes = (refused: Partial<Refused>, good: Good, previous?: Good): string[] =>
  blame({ type: 'routes', name: 'public', owner: 'listener/public', message: '', ...refused }, good, previous).map(({ node }) => node)

describe('blame', () => {
  it('points at the service of a refused cluster, and at the key when the user wrote it', async () => {
    const text = shop.replace('  orders:\n    endpoints', '  orders:\n    connectTimeout: 2s\n    endpoints')
    await using source = await testSource(text)
    const history = new History(source)
    history.now()
    const culprits = new Culprits(history)
    const message = `${dump}: ${pgv('ClusterValidationError.ConnectTimeout: value must be greater than 0s')}`
    const of = (name: string) => culprits.of({ type: 'cluster', name, owner: `service/${name}`, version: 'v', message, since: 0, heldAt: undefined })
    const line = (part: string) => text.split('\n').findIndex((one) => one.includes(part)) + 1
    expect(of('orders')).toEqual({
      message: pgv('ClusterValidationError.ConnectTimeout: value must be greater than 0s'),
      meaning: 'Envoy refuses the connect timeout of the cluster: value must be greater than 0s',
      culprits: [
        {
          node: 'service/orders',
          file: expect.stringContaining('gateway.yaml') as string,
          line: line('connectTimeout'),
          column: 21,
          path: '/services/orders/connectTimeout',
        },
      ],
    })
    expect(of('billing').culprits).toMatchObject([{ node: 'service/billing', line: line('  billing:'), path: '/services/billing' }])
  })

  it('names the route that a broken rule gives by position', async () => {
    await using source = await testSource(shop)
    const [good] = await goods(source, shop)
    const inner = (host: number, route: number) =>
      pgv(
        `RouteConfigurationValidationError.VirtualHosts[${host}]: embedded message failed validation | caused by VirtualHostValidationError.Routes[${route}]: embedded message failed validation | caused by RouteValidationError.DirectResponse: embedded message failed validation | caused by DirectResponseActionValidationError.Status: value must be inside range [200, 600)`,
      )
    const seen = new Set([0, 1].flatMap((host) => [0, 1, 2, 3, 4, 5, 6].flatMap((route) => nodes({ message: inner(host, route) }, good!))))
    expect(seen).toEqual(new Set(['listener/public', 'route/orders', 'route/billing']))
    expect(explainMessage(inner(0, 1))).toBe('Envoy refuses the status of the direct response action: value must be inside range [200, 600)')
  })

  it('finds routes by what the text quotes: regex, domain, service, name', async () => {
    await using source = await testSource(withRegex)
    const [good] = await goods(source, withRegex)
    expect(nodes({ message: 'missing ): /search/[a-z]+' }, good!)).toEqual(['route/search'])
    expect(
      nodes({ message: 'Only unique values for domains are permitted. Duplicate entry of domain billing.example.com in route public' }, good!),
    ).toEqual(['route/billing'])
    expect(nodes({ message: "route: unknown cluster 'billing'" }, good!)).toEqual(['route/billing'])
    expect(nodes({ message: "route: unknown cluster 'orders'" }, good!)).toEqual(['route/orders'])
    expect(nodes({ message: 'Not supported field in StreamInfo: billing.exam' }, good!)).toEqual(['route/billing'])
  })

  it('takes what has changed since the proxy was content when the text names nothing', async () => {
    await using source = await testSource(withRegex)
    const orders = withRegex.replace('/orders/*', '/orders2/*')
    const both = orders.replace('/billing/*', '/billing2/*')
    const service = withRegex.replace('127.0.0.1:9002', '127.0.0.1:9003')
    const [before, one, two, other] = await goods(source, withRegex, orders, both, service)
    const message = ':-prefixed or host headers may not be modified'
    expect(nodes({ message }, one!, before)).toEqual(['route/orders'])
    expect(nodes({ message }, two!, before).sort()).toEqual(['route/billing', 'route/orders'])
    expect(nodes({ message }, two!, one)).toEqual(['route/billing'])
    expect(nodes({ message }, other!, before)).toEqual(['service/billing'])
    expect(nodes({ message }, one!)).toEqual(['listener/public'])
    expect(nodes({ message: "route: unknown cluster 'orders'" }, two!, one)).toEqual(['route/orders'])
  })

  it('names the listener when too many routes may be it', async () => {
    const many = (path: string) =>
      `${shop}${Array.from({ length: 30 }, (_, index) => `  r${index}: {match: {path: /${path}${index}}, to: orders}\n`).join('')}`
    await using source = await testSource(shop)
    const [before, after] = await goods(source, many('a'), many('b'))
    expect(nodes({ message: 'something' }, after!, before)).toEqual(['listener/public'])
  })

  it('points at the port of a listener, at the endpoint of a service, and at nothing for resources of our own', async () => {
    await using source = await testSource(shop)
    const [good] = await goods(source, shop)
    const paths = (refused: Refused) => blame(refused, good!, undefined).map(({ place }) => place.path.join('.'))
    const listener = { type: 'listener', name: 'public', owner: 'listener/public' } as const
    const endpoints = { type: 'endpoints', name: 'orders', owner: 'service/orders' } as const
    expect(paths({ ...listener, message: "error adding listener: 'public' has duplicate address '127.0.0.1:20010' as existing listener" })).toEqual([
      'listeners.public.port',
    ])
    expect(paths({ ...listener, message: "cannot bind '0.0.0.0:8080': Address already in use" })).toEqual(['listeners.public.port'])
    expect(paths({ ...endpoints, message: 'malformed IP address: 127.0.0.1. Consider setting resolver_name' })).toEqual([
      'services.orders.endpoints.0',
    ])
    expect(paths({ ...endpoints, message: 'malformed IP address: elsewhere. Consider setting resolver_name' })).toEqual(['services.orders.endpoints'])
    expect(paths({ type: 'extension', name: 'x', owner: undefined, message: 'Error: filter config has type URL X but expect Y.' })).toEqual([])
    expect(paths({ ...endpoints, owner: 'service/gone', message: '' })).toEqual([])
  })

  it('keeps the verdict when the file has moved on', async () => {
    await using source = await testSource(shop)
    const history = new History(source)
    const culprits = new Culprits(history)
    history.now()
    const heldAt = source.good!.resources.get('routes/public')!.version
    await source.write(shop.replace('/orders/*', '/orders2/*'))
    history.now()
    const version = source.good!.resources.get('routes/public')!.version
    await source.write(`# a line more\n${shop.replace('/billing/*', '/billing2/*')}`)
    history.now()
    const rejection: Rejection = { type: 'routes', name: 'public', owner: 'listener/public', version, message: 'no name', since: 0, heldAt }
    const verdict = culprits.of(rejection)
    const line = shop.split('\n').lastIndexOf('  orders:') + 1
    expect(verdict.culprits).toMatchObject([{ node: 'route/orders', line, column: 3 }])
    expect(culprits.of(rejection)).toBe(verdict)
  })
})

describe('words of the proxy', () => {
  it('are shown without dumps, control characters and floods', () => {
    const rule = pgv('ClusterValidationError.ConnectTimeout: value must be greater than 0s')
    expect(shortMessage(`${dump}: ${rule}`)).toBe(rule)
    expect(shortMessage(`Error: goo.gle/debugstr name: "TOP SECRET"`)).toBe('Error:')
    expect(shortMessage('Error adding/updating listener(s) a: x\nb: \u001b[31my\n')).toBe('Error adding/updating listener(s) a: x; b: \\u{1b}[31my')
    expect(shortMessage('x'.repeat(5_000))).toHaveLength(1_001)
  })

  it('are explained where they are hard', () => {
    expect(explainMessage("cannot bind '0.0.0.0:80': Address already in use")).toBe('the port is taken on the machine of the proxy')
    expect(explainMessage("Error adding/updating cluster(s) badext: Didn't find a registered implementation for 'x' with type URL: ''")).toContain(
      'extension',
    )
    expect(explainMessage('missing ): a(')).toBeUndefined()
  })
})
