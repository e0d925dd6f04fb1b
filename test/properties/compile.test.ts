import fc from 'fast-check'
import { expect, it } from 'vitest'
import { stringify } from 'yaml'
import { Compiler } from '../../src/compile.ts'
import type { Files } from '../../src/config/files.ts'
import { cases } from '../support/cases.ts'
import { gateways, type Written } from './gateway-arbitrary.ts'

const runs = cases(60)

/** Versions of all resources; throws with the findings when there are errors. */
async function versions(text: string): Promise<Map<string, string>> {
  const files: Files = {
    read: async (path) => (path === 'gateway.yaml' ? { text } : { problem: 'does not exist', missing: true }),
    glob: async () => [],
  }
  const compiled = await new Compiler('gateway.yaml', { files, env: {} }).compile()
  if (!compiled.good) throw new Error(`${JSON.stringify(compiled.diagnostics)}\n${text}`)
  return new Map([...compiled.good.resources].map(([key, resource]) => [key, resource.version]))
}

function reversed<T>(map: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(map).reverse())
}

it('gives the same bytes whatever the order and the format of the text', async () => {
  await fc.assert(
    fc.asyncProperty(gateways, async (gateway) => {
      const plain = await versions(stringify(gateway))
      const shuffled: Written = { ...gateway, services: reversed(gateway.services), routes: reversed(gateway.routes) }
      const other = await versions(stringify(reversed({ ...shuffled }), { collectionStyle: 'flow', defaultStringType: 'QUOTE_DOUBLE' }))
      expect(other).toEqual(plain)
    }),
    runs,
  )
})

it('never changes a listener for an edit outside `listeners`', async () => {
  await fc.assert(
    fc.asyncProperty(gateways, gateways, async (one, two) => {
      const before = await versions(stringify(one))
      const after = await versions(stringify({ ...two, listeners: one.listeners }))
      expect(after.get('listener/public')).toBe(before.get('listener/public'))
      for (const [key, version] of before) if (key.startsWith('extension/')) expect(after.get(key)).toBe(version)
    }),
    runs,
  )
})

it('changes one endpoint assignment for one changed endpoint', async () => {
  await fc.assert(
    fc.asyncProperty(gateways, async (gateway) => {
      const [name] = Object.keys(gateway.services)
      const edited = { ...gateway, services: { ...gateway.services, [name ?? '']: { ...gateway.services[name ?? ''], endpoints: ['10.9.9.9:1'] } } }
      const before = await versions(stringify(gateway))
      const after = await versions(stringify(edited))
      expect([...after].filter(([key, version]) => before.get(key) !== version).map(([key]) => key)).toEqual([`endpoints/${name}`])
    }),
    runs,
  )
})
