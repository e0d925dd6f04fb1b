import { globSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseYaml } from '../../src/config/parse-yaml.ts'
import { readPlainYaml } from '../../src/config/read-plain-yaml.ts'
import { splitYaml } from '../../src/config/split-yaml.ts'
import { cases } from '../support/cases.ts'
import { sample } from './sample.ts'

/** What the library makes of it; findings stand beside the value, so that they are never taken for it. */
function library(text: string): unknown {
  const { value, diagnostics } = parseYaml('f', text)
  return diagnostics.length === 0 ? value : { value, diagnostics }
}

const written = globSync('{gateway,examples/*,test/**/gateway}.yaml').map((path) => readFileSync(path, 'utf8'))
const plain = written.filter((text) => readPlainYaml(text) !== undefined)

/** What YAML has more than one opinion about, and what breaks texts. */
const bits = [
  ...': |  |\n|\n\n|\n  |\n    |\n- |\t|\r\n|:|: |-|- |#| #|"|{|}|[|]|,|*|&a |!x |>|?|? |%|@|`|~|y|no|True|null|0|1|007|0x1|0o7|1e3|.5|1.|.inf|+|.'.split(
    '|',
  ),
  ...'\\|<<|<<: |---|...|a|é|=|a: b|a:|- - a|${X}|{id}|__proto__: 1|\u2028|\u0085|\ufeff|\u{1f600}'.split('|'),
  "'",
  '|',
]

describe('plain YAML', () => {
  it('is what most gateways are written in', () => {
    expect(plain.length).toBeGreaterThan(written.length / 2)
    const text = sample(400)
    const pieces = (splitYaml(text) ?? []).map(({ start, end }) => text.slice(start, end))
    expect(pieces.filter(readPlainYaml).length).toBeGreaterThan(pieces.length / 2)
  })

  it('is read as the library reads it', () => {
    for (const text of plain) expect(readPlainYaml(text)).toEqual(library(text))
  })

  it('is left to the library after any change that makes it something else', () => {
    let read = 0
    const anywhere = fc.noBias(fc.nat())
    const change = fc.record({ at: anywhere, cut: fc.nat(2), bit: fc.constantFrom(...bits) })
    fc.assert(
      fc.property(
        fc.constantFrom(...plain),
        anywhere,
        fc.constantFrom(60, 400, Infinity),
        fc.array(change, { minLength: 1, maxLength: 3 }),
        (whole, from, length, changes) => {
          const start = length === Infinity ? 0 : whole.lastIndexOf('\n', from % whole.length) + 1
          const text = changes.reduce(
            (so, { at, cut, bit }) => {
              const place = at % (so.length + 1)
              return so.slice(0, place) + bit + so.slice(place + cut)
            },
            whole.slice(start, start + length + 1),
          )
          const value = readPlainYaml(text)
          if (value === undefined) return
          read++
          expect(value).toEqual(library(text))
        },
      ),
      cases(5_000),
    )
    expect(read).toBeGreaterThan(100)
  })

  it.each([
    'a: &x 1',
    'a: *x',
    'a: !!str 1',
    'a: |\n  b',
    'a: b\n  c',
    'a: "\\n"',
    "a: 'it''s'",
    'a: 1\na: 2',
    '<<: {a: 1}',
    'no: 1',
    'a: yes',
    '1: a',
    'a: [1,\n  2]',
    'a: 0x1f',
    'a',
  ])('is not %j', (text) => {
    expect(readPlainYaml(text)).toBeUndefined()
  })
})
