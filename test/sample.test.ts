import { join } from 'node:path'
import { expect, it } from 'vitest'
import { stringify } from 'yaml'
import { Compiler } from '../src/compile.ts'
import { expectGolden } from './support/golden.ts'
import { readable } from './support/readable.ts'

it('compiles the sample of the repository without a finding, to the resources that were reviewed', async () => {
  const compiled = await new Compiler('gateway.yaml', { env: {} }).compile()
  expect(compiled.diagnostics).toEqual([])
  const files = new Map<string, Record<string, unknown>>()
  for (const resource of compiled.good?.resources.values() ?? []) {
    const file = `${resource.type}.yaml`
    files.set(file, { ...files.get(file), [resource.name]: readable(resource) })
  }
  const made = new Map([...files].map(([file, list]) => [file, stringify(list, { lineWidth: 0 })]))
  expectGolden(join(import.meta.dirname, 'golden/sample'), made, () => true)
})
