import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Good } from '../../src/compile.ts'
import type { JsonSchema } from '../../src/config/schema/json-schema.ts'
import { staticBootstrap } from '../../src/envoy/static-bootstrap.ts'
import { validateWithEnvoy } from '../../src/engine/validate.ts'
import { installEnvoy } from '../../src/engine/install.ts'
import { nginxConf } from '../../src/nginx/conf.ts'
import { startNginx, type TestNginx } from '../support/nginx.ts'
import { allBases, type Base, oneUseEach, withText } from './bases.ts'
import { forms } from './hostile-texts.ts'
import type { FieldId, Use } from './schema-fields.ts'

export const schema = JSON.parse(readFileSync(join(import.meta.dirname, '../../schema/gateway.schema.json'), 'utf8')) as JsonSchema
export const bases = allBases(schema)

/** What nginx reads at start; listeners are named by hashes of their names. */
const confOf = ({ start }: Good<'nginx'>): string => nginxConf(start, { profile: 'debian-1.22' }).replace(/l[0-9a-f]{20}/g, 'LISTENER')

/**
 * Writes every hostile text into every field: it is refused with a finding, or nginx.conf is the same as before, and a running nginx takes the rest as data.
 * `load`: what nginx is given. Resolves with how many texts were taken and how many refused.
 */
export async function fuzzNginx(texts: readonly string[], load: 'all' | 'one of each field'): Promise<{ taken: number; refused: number }> {
  const uses = await oneUseEach(bases, 'nginx')
  const [first] = bases
  const made = await first?.nginx()
  if (!made) throw new Error('the smallest file does not compile')
  await using nginx = disposable(await startNginx(made))
  const counts = { taken: 0, refused: 0 }
  for (const [id, { base, use }] of uses) {
    const before = await base.nginx()
    const conf = before && confOf(before)
    const taken: [string, Good<'nginx'>][] = []
    for (const text of texts.flatMap((hostile) => forms(hostile, use.text))) {
      const good = await base.nginx(withText(base.value, use, text))
      if (!good) {
        counts.refused++
        continue
      }
      counts.taken++
      const what = `${id} = ${JSON.stringify(text)}`
      expect(confOf(good), what).toBe(conf)
      taken.push([what, good])
    }
    for (const [what, { state }] of load === 'all' ? taken : taken.slice(-1)) {
      const reply = await nginx.put(state)
      expect(reply.status, `${what}: ${reply.body}`).toBe(200)
    }
  }
  expect(nginx.output()).toBe('')
  expect([existsSync('CANARY'), existsSync(join(nginx.dir, 'CANARY'))]).toEqual([false, false])
  return counts
}

function disposable(nginx: TestNginx): TestNginx & AsyncDisposable {
  return { ...nginx, [Symbol.asyncDispose]: () => nginx.stop() }
}

/** For each text a use where it is taken; several texts at once stand in as many fields as there are. */
async function takenTogether(base: Base, uses: readonly Use[], texts: readonly string[], from: number): Promise<Good | undefined> {
  let value = base.value
  let good: Good | undefined
  // Keys last and deepest first, so that a path still leads to its place.
  const ordered = [
    ...uses.filter(({ kind }) => kind === 'value'),
    ...uses.filter(({ kind }) => kind === 'key').sort((a, b) => b.path.length - a.path.length),
  ]
  for (const [index, use] of ordered.entries()) {
    const hostile = texts[(index + from) % texts.length] ?? ''
    for (const text of forms(hostile, use.text)) {
      const next = withText(value, use, text)
      const compiled = await base.envoy(next)
      if (!compiled) continue
      ;[value, good] = [next, compiled]
      break
    }
  }
  return good
}

/** Files whose fields together are all that an engine takes, few and large. */
async function cover(): Promise<Map<Base, Use[]>> {
  const covered = new Set<FieldId>()
  const chosen = new Map<Base, Use[]>()
  for (const base of bases.toReversed()) {
    const fresh = new Map(base.uses.filter(({ id }) => !covered.has(id)).map((use) => [use.id, use]))
    if (fresh.size === 0 || !(await base.envoy())) continue
    for (const id of fresh.keys()) covered.add(id)
    chosen.set(base, [...fresh.values()])
  }
  return chosen
}

/** Hostile text in all fields of a file at once, as far as it is not refused with a finding: Envoy takes it. `rounds`: how often, each time with the texts in other fields. */
export async function fuzzEnvoy(texts: readonly string[], rounds: number): Promise<number> {
  const { path } = await installEnvoy()
  let validated = 0
  for (const [base, uses] of await cover()) {
    for (let round = 0; round < rounds; round++) {
      const good = await takenTogether(base, uses, texts, round)
      if (!good) continue
      validated++
      const text = staticBootstrap(good.resources.values(), { nodeId: 'edge', nodeCluster: 'test', admin: { type: 'pipe', path: '/tmp/none.sock' } })
      expect(await validateWithEnvoy(path, text), base.file).toEqual({ ok: true })
    }
  }
  return validated
}
