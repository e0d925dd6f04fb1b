import { Ajv } from 'ajv'
import fc from 'fast-check'
import Type from 'typebox'
import { describe, expect, test } from 'vitest'
import { explainValue } from '../../src/config/explain-value.ts'
import { buildSchema, renderSchema } from '../../src/config/schema/gateway.ts'
import type { JsonSchema } from '../../src/config/schema/json-schema.ts'
import { alternatives, typesOf } from '../../src/config/schema/json-schema.ts'
import { cases } from '../support/cases.ts'
import { points } from './points.ts'

const schema = buildSchema(points)
const ajv = new Ajv({ strict: true, strictTypes: false, strictRequired: false, allowUnionTypes: true, validateFormats: false })
ajv.addSchema(schema, 'gateway')
const definitions = Object.entries(schema.$defs ?? {})

/** Every property of the spine, with the path to it. */
function* properties(node: JsonSchema, path: string): Generator<[string, JsonSchema]> {
  for (const [key, inner] of Object.entries(node.properties ?? {})) {
    yield [`${path}.${key}`, inner]
    yield* properties(inner, `${path}.${key}`)
  }
  for (const inner of [...(node.anyOf ?? []), ...(node.items ? [node.items] : []), ...Object.values(node.patternProperties ?? {})])
    yield* properties(inner, path)
}

describe('the schema', () => {
  test('says something about every property and every definition', () => {
    const all = [...properties(schema, ''), ...definitions.flatMap(([name, def]) => [[name, def] as const, ...properties(def, name)])]
    expect(all.length).toBeGreaterThan(60)
    for (const [path, { description, $ref }] of all) if ($ref === undefined) expect(description, path).toMatch(/\.$/)
  })

  test('is a draft 7 schema that Ajv takes in strict mode', () => {
    for (const [name] of definitions) expect(ajv.getSchema(`gateway#/$defs/${name}`), name).toBeTypeOf('function')
  })

  test('takes its own examples and defaults', () => {
    let count = 0
    for (const [name, def] of definitions) {
      for (const [path, inner] of properties(def, name)) {
        for (const example of [...(inner.examples ?? []), ...(inner.default === undefined ? [] : [inner.default])]) {
          count++
          expect(
            explainValue(schema, inner, example, () => undefined),
            `${path}: ${JSON.stringify(example)}`,
          ).toEqual([])
        }
      }
    }
    expect(count).toBeGreaterThan(40)
  })

  test('is the same for the same points in any order, and refuses a key twice', () => {
    expect(renderSchema(points.toReversed())).toBe(renderSchema(points))
    const [point] = points
    if (!point) throw new Error('no points')
    expect(() => buildSchema([point, point])).toThrow('two features define the key "route.retry"')
    expect(() => buildSchema([{ at: 'listener', key: 'port', schema: Type.Integer(), merge: 'replace' }])).toThrow(
      'two features define the key "port"',
    )
  })

  test('no object lets unknown keys pass', () => {
    for (const [name, def] of definitions) {
      for (const [path, inner] of [[name, def] as const, ...properties(def, name)]) {
        for (const one of alternatives(schema, inner)) {
          if (typesOf(one)?.includes('object') && one.properties) expect(one.additionalProperties, path).toBe(false)
        }
      }
    }
  })
})

/** Values near a schema: with `slips` often wrong in one place, without them right as far as each part can tell. */
function near(node: JsonSchema, slips: boolean): fc.Arbitrary<unknown> {
  const wrong = fc.constantFrom<unknown>(null, true, 0, -1, 1.5, '', 'x', [], {}, ['x', 'x'], { x: 1 })
  const options = alternatives(schema, node).map((one): fc.Arbitrary<unknown> => {
    if (one.const !== undefined || one.enum) return fc.constantFrom(...(one.enum ?? [one.const]))
    if (one.items) {
      const item = near(one.items, slips)
      const right = { minLength: one.minItems ?? 0, maxLength: 3, selector: (value: unknown) => JSON.stringify(value) }
      return slips ? fc.array(item, { maxLength: 3 }) : fc.uniqueArray(item, right)
    }
    if (one.properties || one.patternProperties) {
      const keys = Object.fromEntries(
        Object.entries(one.properties ?? { 'x-a': Object.values(one.patternProperties ?? {})[0] ?? {} }).map(([key, inner]) => [
          key,
          near(inner, slips),
        ]),
      )
      const known = fc.record(keys, { requiredKeys: (one.required ?? []).filter((key) => key in keys) })
      return slips ? fc.oneof({ weight: 9, arbitrary: known }, { weight: 1, arbitrary: known.map((value) => ({ ...value, extra: 1 })) }) : known
    }
    if (one.examples && one.examples.length > 0) return fc.constantFrom(...one.examples)
    if (typesOf(one)?.includes('integer'))
      return fc.integer(slips ? { min: -2, max: 70_000 } : { min: one.minimum ?? -2, max: one.maximum ?? 70_000 })
    return typesOf(one)?.includes('boolean') ? fc.boolean() : text(one, slips)
  })
  return slips ? fc.oneof({ weight: 12, arbitrary: fc.oneof(...options) }, { weight: 1, arbitrary: wrong }) : fc.oneof(...options)
}

/** A text, with `slips` whether it fits the pattern or not. */
function text({ pattern = '' }: JsonSchema, slips: boolean): fc.Arbitrary<string> {
  const texts = ['a', 'orders', '/x']
  const right = texts.filter((one) => new RegExp(pattern).test(one))
  return fc.constantFrom(...(slips || right.length === 0 ? texts : right))
}

test.each(definitions.map(([name]) => name))('findings and Ajv agree about what is wrong: %s', (name) => {
  const def = schema.$defs?.[name] ?? {}
  const validate = ajv.getSchema(`gateway#/$defs/${name}`)
  const seen = { valid: 0, invalid: 0 }
  fc.assert(
    fc.property(fc.oneof(near(def, true), near(def, false)), (value) => {
      const valid = validate?.(value) === true
      seen[valid ? 'valid' : 'invalid']++
      expect(explainValue(schema, def, value, () => undefined).length === 0).toBe(valid)
    }),
    cases(600),
  )
  expect(seen.valid * seen.invalid).toBeGreaterThan(0)
})
