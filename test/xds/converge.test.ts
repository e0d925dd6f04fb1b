import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Message } from '../../src/xds/fill.ts'
import type { Resource } from '../../src/xds/resource.ts'
import { cases } from '../support/cases.ts'
import { Machine } from './machine.ts'
import type { MachineStream } from './machine.ts'
import { ref, resource } from './samples.ts'

const names = ['a', 'b', 'c', 'd', 'e']

/** The whole gateway for a set of clusters: endpoints, a cluster each, one table of routes. */
function world(clusters: Readonly<Record<string, number>>): Map<string, Resource> {
  const list = Object.entries(clusters)
  const all = [
    ...list.map(([name, version]) => resource('endpoints', name, `e${version}`)),
    ...list.map(([name, version]) => resource('cluster', name, `c${Math.floor(version / 2)}`, { refs: [ref('endpoints', name)] })),
    resource('routes', 'main', `r ${list.map(([name]) => name).join(' ')}`, { refs: list.map(([name]) => ref('cluster', name)) }),
  ]
  return new Map(all.map((one) => [`${one.type}/${one.name}`, one]))
}

/** Plays an Envoy: it asks for the endpoints of its clusters, forgets those of removed ones, and complains about what would give a 503. */
class Proxy {
  readonly clusters = new Map<string, string>()
  readonly endpoints = new Map<string, string>()
  readonly asked = new Set<string>()
  routes: string | undefined
  readonly #unanswered: Message[] = []
  readonly faults: string[] = []
  readonly stream: MachineStream

  constructor(stream: MachineStream) {
    this.stream = stream
    stream.subscribe('cluster')
    stream.subscribe('routes', ['main'])
  }

  /** Reads and applies what is said now, and answers later. */
  read(): void {
    for (let message = this.stream.stream.next(); message; message = this.stream.stream.next()) {
      this.#apply(message)
      this.#unanswered.push(message)
    }
  }

  answer(): void {
    for (const { typeUrl, nonce } of this.#unanswered.splice(0)) this.stream.request({ typeUrl, responseNonce: nonce })
  }

  /** Takes what is said now; a refused message is neither applied nor lost. */
  take(refuse: (message: Message) => boolean): void {
    this.answer()
    for (let message = this.stream.stream.next(); message; message = this.stream.stream.next()) {
      const { typeUrl, nonce, bodies, removed } = message
      const all = [...bodies.map(({ name }) => name), ...removed]
      if (new Set(all).size !== all.length) this.faults.push(`duplicate names in ${all.join()}`)
      if (refuse(message)) this.stream.request({ typeUrl, responseNonce: nonce, errorDetail: { code: 13, message: 'no' } })
      else {
        this.#apply(message)
        this.stream.request({ typeUrl, responseNonce: nonce })
      }
    }
  }

  #apply({ type, bodies, removed }: Message): void {
    if (type === 'cluster') {
      for (const { name, version } of bodies) {
        this.clusters.set(name, version)
        if (!this.asked.has(name)) this.stream.subscribe('endpoints', [name])
        this.asked.add(name)
      }
      for (const name of removed) {
        if (this.routes?.split(' ').includes(name)) this.faults.push(`cluster ${name} removed while the routes use it`)
        this.clusters.delete(name)
        this.asked.delete(name)
        this.endpoints.delete(name)
        this.stream.request({ typeUrl: 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment', resourceNamesUnsubscribe: [name] })
      }
    } else if (type === 'endpoints') {
      for (const { name, version } of bodies) this.endpoints.set(name, version)
      for (const name of removed) this.endpoints.delete(name)
    } else if (type === 'routes') {
      for (const { version, refs } of bodies) {
        this.routes = version
        for (const { name } of refs) if (!this.clusters.has(name)) this.faults.push(`routes to ${name}, which is not there`)
      }
    }
  }
}

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('publish' as const), clusters: fc.dictionary(fc.constantFrom(...names), fc.nat(3), { maxKeys: 5 }) }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom('read', 'answer', 'take'), who: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reconnect' as const), who: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(10, 60, 300) }) },
)

test('whatever is published and however slowly proxies take it, they end with the same, and never see a route without its cluster', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
      const machine = new Machine({ chunk: 2 })
      const proxies = [0, 1].map((i) => new Proxy(machine.open(`p${i}`)))
      let now = world({})
      machine.publish({ put: [...now.values()], remove: [] })
      for (const one of steps) {
        if (one.do === 'publish') {
          const next = world(one.clusters)
          const gone = [...now].filter(([key]) => !next.has(key)).map(([, { type, name }]) => ref(type, name))
          machine.publish({ put: [...next.values()], remove: gone })
          now = next
        } else if (one.do === 'wait') machine.clock.advance(one.ms)
        else if (one.do === 'reconnect') proxies[one.who] = new Proxy(machine.open(`p${one.who}`))
        else if (one.do === 'take') proxies[one.who]?.take(() => false)
        else proxies[one.who]?.[one.do]()
      }
      for (let i = 0; i < 20; i++) {
        for (const proxy of proxies) proxy.take(() => false)
        machine.clock.advance(300)
      }
      for (const proxy of proxies) {
        expect(proxy.faults).toEqual([])
        const wanted = (type: string): [string, string][] =>
          [...now.values()].filter((one) => one.type === type).map(({ name, version }) => [name, version])
        expect([...proxy.clusters].sort()).toEqual(wanted('cluster').sort())
        expect([...proxy.endpoints].sort()).toEqual(wanted('endpoints').sort())
        expect(proxy.routes).toBe(wanted('routes')[0]?.[1])
        expect(proxy.stream.stream.busy).toBe(false)
      }
    }),
    cases(300),
  )
})

test('whatever is refused, it ends: the guilty are held, everything else arrives', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.constantFrom(...names), { maxLength: 5 }), fc.nat(3), fc.integer({ min: 1, max: 3 }), (guilty, rounds, chunk) => {
      const machine = new Machine({ chunk })
      const proxy = new Proxy(machine.open('p'))
      for (let round = 0; round <= rounds; round++) {
        machine.publish({ put: [...world(Object.fromEntries(names.map((name) => [name, round * 2]))).values()], remove: [] })
        for (let i = 0; i < 30; i++) {
          proxy.take(({ type, bodies }) => type === 'cluster' && bodies.some(({ name }) => guilty.includes(name)))
          machine.clock.advance(300)
        }
        expect([...proxy.clusters]).toEqual(expect.arrayContaining(names.filter((name) => !guilty.includes(name)).map((name) => [name, `c${round}`])))
        expect(
          machine.rejections
            .of('p')
            .map(({ name }) => name)
            .sort(),
        ).toEqual([...guilty].sort())
        expect(proxy.stream.stream.busy).toBe(false)
      }
    }),
    cases(200),
  )
})
