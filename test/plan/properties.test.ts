import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { features } from '../../src/features/index.ts'
import { isEmpty, plan } from '../../src/plan/plan.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { stateOf } from '../../src/plan/state.ts'
import type { Target } from '../../src/target.ts'
import { cases } from '../support/cases.ts'
import { compileText } from './memory-files.ts'

type Json = string | number | boolean | readonly Json[] | { readonly [key: string]: Json }

const name = fc.constantFrom('a', 'b', 'orders', 'users-2')
const duration = fc.constantFrom('250ms', '1s', '1.5s', '90s', '2m', '1h')
const endpoint = fc.oneof(
  fc.nat(4).map((n): Json => `10.0.0.${n}:80`),
  fc.record({
    address: fc.nat(4).map((n) => `10.0.1.${n}:80`),
    weight: fc.integer({ min: 1, max: 9 }),
    labels: fc.constant({ version: 'v1', zone: 'x' }),
  }),
)
const addressOf = (one: Json): string => (typeof one === 'string' ? one : JSON.stringify((one as { address: string }).address))
const service = (protocols: readonly string[]) =>
  fc.record(
    {
      endpoints: fc.uniqueArray(endpoint, { minLength: 1, maxLength: 4, selector: addressOf }),
      protocol: fc.constantFrom(...protocols),
      balancing: fc.constantFrom<Json>('random', { strategy: 'maglev', key: 'client.ip' }),
      connectTimeout: duration,
      caps: fc.record({ connections: fc.integer({ min: 1, max: 99 }), pending: fc.integer({ min: 1, max: 99 }) }),
      healthCheck: fc.record({ path: fc.constantFrom('/up', '/health'), interval: fc.constantFrom('5s', '1m') }),
    },
    { requiredKeys: ['endpoints'] },
  )
const route = (index: number): fc.Arbitrary<{ readonly [key: string]: Json }> =>
  fc.record(
    {
      match: fc.record({ path: fc.constant(`/r${index}/*`), methods: fc.constantFrom(['GET'], ['POST', 'GET']) }, { requiredKeys: ['path'] }),
      to: fc.constantFrom<Json>(
        'orders',
        [{ service: 'orders', weight: 3 }],
        [
          { service: 'orders', weight: 9 },
          { service: 'other', weight: 1 },
        ],
      ),
      hosts: fc.constantFrom(['b.example.com', 'a.example.com'], ['a.example.com']),
      timeouts: fc.record({ request: duration }),
      headers: fc.constant({ request: { set: { 'x-b': '1', 'x-a': '2' }, remove: ['x-d', 'x-c'] } }),
      retry: fc.record({ attempts: fc.integer({ min: 1, max: 4 }), when: fc.constantFrom(['reset', '5xx'], ['connect-failure']) }),
    },
    { requiredKeys: ['match', 'to'] },
  )
const gatewayOf = (protocols: readonly string[]) =>
  fc.record({
    version: fc.constant(1),
    listeners: fc.constantFrom({ public: { port: 8080 } }, { public: { port: 8080 }, second: { port: 8081 } }),
    services: fc
      .dictionary(name, service(protocols), { maxKeys: 3 })
      .chain((more) => fc.tuple(service(protocols), service(protocols)).map(([orders, other]) => ({ ...more, orders, other }))),
    defaults: fc.constantFrom({ route: { timeouts: { request: '30s' } } }, { service: { connectTimeout: '2s' } }),
    routes: fc.tuple(route(0), route(1), route(2)).map(([first, second, third]) => ({ first, second, third })),
  })

/** The same keys in another order, at every depth. Lists stay: their order may mean something. */
function shuffled(value: Json, next: () => number): Json {
  if (Array.isArray(value)) return value.map((item: Json) => shuffled(item, next))
  if (typeof value !== 'object') return value
  const entries = Object.entries(value).map(([key, inner]) => ({ key, inner: shuffled(inner, next), at: next() }))
  return Object.fromEntries(entries.sort((a, b) => a.at - b.at).map(({ key, inner }) => [key, inner]))
}

const written = fc.record({
  flow: fc.boolean(),
  indent: fc.constantFrom(1, 2, 4),
  quotes: fc.constantFrom<'QUOTE_DOUBLE' | 'QUOTE_SINGLE' | 'PLAIN'>('QUOTE_DOUBLE', 'QUOTE_SINGLE', 'PLAIN'),
  comment: fc.constantFrom('', '# a comment\n\n'),
  order: fc.infiniteStream(fc.nat()),
})

function write(
  value: Json,
  style: { flow: boolean; indent: number; quotes: 'QUOTE_DOUBLE' | 'QUOTE_SINGLE' | 'PLAIN'; comment: string; order: fc.Stream<number> },
): string {
  const words = shuffled(value, () => Number(style.order.next().value))
  return style.comment + stringify(words, { indent: style.indent, defaultStringType: style.quotes, collectionStyle: style.flow ? 'flow' : 'any' })
}

async function planOf(target: Target, before: string, after: string): Promise<Plan> {
  const [old, next] = [await compileText(before, target), await compileText(after, target)]
  return plan({ state: stateOf(old), base: '/' }, { good: next, base: '/' }, features)
}

describe.each<Target>(['envoy', 'nginx'])('a plan for %s', (target) => {
  // Of what nginx refuses there is no plan.
  const gateway = gatewayOf(target === 'envoy' ? ['http1', 'h2', 'grpc'] : ['http1'])

  it('against itself, reformatted or reordered, is empty', async () => {
    const property = fc.asyncProperty(gateway, written, written, async (value, one, other) => {
      expect(await planOf(target, write(value, one), write(value, other))).toEqual({
        changes: [],
        cost: { pushes: [], drains: [], ...(target === 'nginx' && { reload: [] }) },
        summary: { add: 0, change: 0, remove: 0 },
      })
    })
    await fc.assert(property, cases(60))
  })

  it('of two gateways undoes itself the other way round, and is empty only when nothing is sent', async () => {
    const property = fc.asyncProperty(gateway, gateway, async (one, other) => {
      const [there, back] = [await planOf(target, stringify(one), stringify(other)), await planOf(target, stringify(other), stringify(one))]
      const opposite = { add: 'remove', change: 'change', remove: 'add' } as const
      expect(back.changes.map(({ action, kind, name: of }) => [action, kind, of])).toEqual(
        there.changes.map(({ action, kind, name: of }) => [opposite[action], kind, of]),
      )
      expect(back.changes.flatMap(({ fields }) => fields.map(({ path }) => path)).sort()).toEqual(
        there.changes.flatMap(({ fields }) => fields.map(({ path }) => path)).sort(),
      )
      expect(isEmpty(there)).toBe(there.changes.length === 0)
    })
    await fc.assert(property, cases(40))
  })

  it('says that connections drop exactly when a listener changes or goes', async () => {
    const edits = fc.constantFrom<readonly [old: string, next: string, drops: boolean]>(
      ['8080', '8090', true],
      ['30s', '31s', false],
      ['public', 'other', true],
    )
    const text =
      'version: 1\nlisteners: {public: {port: 8080}}\nroutes: {up: {match: {path: /up}, respond: {status: 200}, timeouts: {request: 30s}}}\n'
    await fc.assert(
      fc.asyncProperty(edits, async ([old, next, drops]) => {
        const { cost } = await planOf(target, text, text.replace(old, next))
        expect(cost.drains.length > 0).toBe(drops)
      }),
      cases(6),
    )
  })
})
