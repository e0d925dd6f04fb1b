import { existsSync, readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { Compiler } from '../src/compile.ts'
import { createFindPosition } from '../src/config/find-position.ts'
import { collect } from '../src/diagnostics/collect.ts'
import { printDiagnostics } from '../src/diagnostics/print.ts'
import { features } from '../src/features/index.ts'
import type { Resource } from '../src/xds/resource.ts'
import { expectGolden } from './support/golden.ts'
import { readable } from './support/readable.ts'
import { subtract } from './support/subtract.ts'

const root = join(import.meta.dirname, 'features')
/** Golden files must not change with the day on which they are compared. */
const judged = { now: () => Date.UTC(2026, 10, 21), overdue: 'error' } as const
const fileOf: Partial<Record<Resource['type'], string>> = {
  cluster: 'envoy.clusters.yaml',
  endpoints: 'envoy.endpoints.yaml',
  routes: 'envoy.routes.yaml',
  listener: 'envoy.listeners.yaml',
  secret: 'envoy.secrets.yaml',
}

describe.each(readdirSync(root))('feature %s', (feature) => {
  it.each(readdirSync(join(root, feature)))('case %s', async (name) => {
    const dir = join(root, feature, name)
    expectGolden(dir, await outputs(feature, dir), (file) => file === 'diagnostics.txt' || file.startsWith('envoy.'))
  })
})

/** The findings, and what the feature adds to the resources that stand without it. */
async function outputs(feature: string, dir: string): Promise<Map<string, string>> {
  const cwd = process.cwd()
  const compiled = await new Compiler(relative(cwd, join(dir, 'gateway.yaml')), { env: {}, ...judged }).compile()
  const made = new Map<string, string>()
  const find = createFindPosition(compiled.files)
  const text = printDiagnostics(collect(compiled.diagnostics, find), find)
  if (compiled.diagnostics.length > 0) made.set('diagnostics.txt', text)
  if (!compiled.good) return made
  const without = features.map((one) => (one.name === feature ? { ...one, envoy: {} } : one))
  const base = await new Compiler(relative(cwd, join(dir, 'gateway.yaml')), { env: {}, ...judged, features: without })
    .compile()
    .catch(() => undefined)
  const byFile = new Map<string, Record<string, unknown>>()
  for (const [key, resource] of compiled.good.resources) {
    const file = fileOf[resource.type]
    const before = base?.good?.resources.get(key)
    const added = subtract(readable(resource), before && readable(before))
    if (file === undefined || added === undefined) continue
    const list = byFile.get(file) ?? {}
    list[resource.name] = added
    byFile.set(file, list)
  }
  for (const [file, list] of byFile) made.set(file, stringify(list, { lineWidth: 0 }))
  return made
}

it('has a valid and an invalid case for every feature that can be written wrongly', () => {
  for (const { name } of features) {
    const cases = existsSync(join(root, name)) ? readdirSync(join(root, name)) : []
    const invalid = cases.filter((one) => existsSync(join(root, name, one, 'diagnostics.txt')))
    expect(cases.length - invalid.length, `valid cases of ${name}`).toBeGreaterThan(0)
    expect(invalid.length, `invalid cases of ${name}`).toBeGreaterThan(0)
  }
})
