import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Value } from 'typebox/value'
import { describe, expect, it } from 'vitest'
import { Compiler } from '../../src/compile.ts'
import { features } from '../../src/features/index.ts'
import { viewOf } from '../../src/plan/view.ts'

const root = join(import.meta.dirname, '../features')

/** What a plan shows of a feature's key could be written into gateway.yaml. */
describe('the words of a plan are those of the language', () => {
  for (const feature of features) {
    it(feature.name, async () => {
      const dir = join(root, feature.name)
      for (const name of readdirSync(dir).filter((one) => one.startsWith('valid'))) {
        const { good } = await new Compiler(join(dir, name, 'gateway.yaml'), { env: {} }).compile()
        const { listeners = [], services = [], routes = [] } = good?.gateway ?? {}
        for (const node of [...listeners.values(), ...services.values(), ...routes.values()]) {
          const view = viewOf(node, { features, base: join(dir, name) })
          const points = feature.points.filter(
            ({ at, key }) => (at === node.kind || (at === 'action' && node.kind === 'route')) && view[key] !== undefined,
          )
          for (const { key, schema } of points) expect([key, view[key], Value.Check(schema, view[key])]).toEqual([key, view[key], true])
        }
      }
    })
  }
})
