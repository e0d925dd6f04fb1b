import fc from 'fast-check'
import { expect, it } from 'vitest'
import { stringify } from 'yaml'
import { type CompileOptions, type Compiled, Compiler } from '../../src/compile.ts'
import type { Files } from '../../src/config/files.ts'
import { compare } from '../../src/lib/compare.ts'
import { canonical } from '../../src/model/canonical.ts'
import type { RouteTable } from '../../src/model/rank.ts'
import type { Target } from '../../src/target.ts'
import type { Resource } from '../../src/xds/resource.ts'
import { cases } from '../support/cases.ts'
import { type Edit, edits, start, type Written } from './edits-arbitrary.ts'

/** The world that a compiler looks at. It is changed in place, as files and the environment are. */
class World {
  readonly env: Record<string, string> = {}
  readonly #texts = new Map<string, string>()
  #now = 0

  set({ files, env, now }: Written): void {
    this.#texts.clear()
    for (const [path, content] of Object.entries(files)) this.#texts.set(path, typeof content === 'string' ? content : stringify(content))
    for (const name of Object.keys(this.env)) delete this.env[name]
    Object.assign(this.env, env)
    this.#now = now
  }

  options<T extends Target>(target: T): CompileOptions<T> {
    const files: Files = {
      read: (path) => {
        const text = this.#texts.get(path)
        return Promise.resolve(text === undefined ? { problem: 'does not exist', missing: true } : { text })
      },
      glob: () => Promise.resolve([]),
    }
    return { target, overlay: 'prod', env: this.env, files, now: () => this.#now }
  }
}

/** Everything that a compile says. An edit that only turns lines round keeps the old order of what is in no order, so that is sorted. */
function said<T extends Target>({ diagnostics, watched, files, good }: Compiled<T>): unknown {
  const rest = { findings: diagnostics.map(canonical).sort(), watched: watched.toSorted(), texts: [...files].map(([path, { hash }]) => [path, hash]) }
  if (!good) return rest
  const { gateway, tables } = good
  const nodes = [gateway.listeners, gateway.services, gateway.routes].map((all) =>
    byName([...all].map(([name, node]) => [name, node, gateway.originOf(node)])),
  )
  const made = 'resources' in good ? resources(good.resources) : [good.start, lists(good.state)]
  return { ...rest, name: gateway.name, nodes, policies: gateway.policies, tables: byName([...tables].map(ordered)), made }
}

function resources(all: ReadonlyMap<string, Resource>): unknown {
  return byName([...all].map(([key, { refs, ...resource }]) => [key, resource, refs.map(({ type, name }) => `${type}/${name}`).sort()]))
}

/** The order of hosts and of the routes of one counts. */
function ordered([name, { virtualHosts, byHost }]: [string, RouteTable]): [string, ...unknown[]] {
  const hosts = virtualHosts.map(({ host, entries }) => [host, entries.map(({ key, route, alternative }) => [key, route.name, alternative])])
  return [name, hosts, [...byHost.keys()].sort()]
}

function byName<T extends readonly [string, ...unknown[]]>(list: T[]): T[] {
  return list.sort(([a], [b]) => compare(a, b))
}

function lists(value: unknown): unknown {
  if (value instanceof Map) return byName([...(value as Map<string, unknown>)].map(([key, inner]) => [key, lists(inner)]))
  if (Array.isArray(value)) return value.map(lists)
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, lists(inner)]))
}

async function sameAfterEach(target: Target, list: readonly Edit[]): Promise<void> {
  const world = new World()
  const following = new Compiler('gateway.yaml', world.options(target))
  let written = start
  for (const { apply } of [{ apply: (same: Written) => same }, ...list]) {
    written = apply(written)
    world.set(written)
    const followed = said(await following.compile())
    const fresh = said(await new Compiler('gateway.yaml', world.options(target)).compile())
    expect(followed).toEqual(fresh)
  }
}

/** As many edits as are needed to meet gateways that are sound as well as broken ones. */
const runs = cases(25)

it.each(['envoy', 'nginx'] as const)(
  'makes the same for %s of a gateway that was edited as of one that is read for the first time',
  async (target) => {
    await fc.assert(
      fc.asyncProperty(edits, (list) => sameAfterEach(target, list)),
      runs,
    )
  },
)
