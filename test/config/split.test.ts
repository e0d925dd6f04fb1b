import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FileCache } from '../../src/config/file-cache.ts'
import { createFindPosition } from '../../src/config/find-position.ts'
import { parseFile } from '../../src/config/parse-file.ts'
import { splitYaml } from '../../src/config/split-yaml.ts'
import { cases } from '../support/cases.ts'
import { sample } from './sample.ts'

const whole = (text: string) => parseFile('f', text, undefined, Infinity).file
const pieces = (text: string) => parseFile('f', text, undefined, 0).file

describe('a file in pieces', () => {
  test('is cut into runs of entities that cover it but for the names of sections', () => {
    const text = sample(400)
    const split = splitYaml(text) ?? []
    expect(split.length).toBeGreaterThan(15)
    expect(split.at(-1)?.end).toBe(text.length)
    const between = split.map((piece, index) => text.slice(split[index - 1]?.end ?? 0, piece.start))
    for (const gap of between) expect(gap).toMatch(/^(# a gateway\n|[a-z]+:\n|)$/)
    expect(split.flatMap(({ keys }) => keys)).toEqual(expect.arrayContaining(['version', 'public', 'plain', 'service-399', 'route-0', 'tests']))
  })

  test('gives the same value as the whole', () => {
    const text = sample(100)
    expect(pieces(text).pieces).toBeDefined()
    expect(pieces(text).value).toEqual(whole(text).value)
  })

  test('an edit parses one piece, and everything else stays the same object', () => {
    const cache = new FileCache()
    const text = sample(600)
    const before = cache.get('f', text)
    cache.commit()
    const after = cache.get('f', text.replace('to: service-77\n', 'to: service-78\n'))
    type Value = { services: object; routes: Record<string, object> }
    const [old, fresh] = [before.value as Value, after.value as Value]
    expect(fresh.services).toBe(old.services)
    const changed = Object.keys(fresh.routes).filter((name) => fresh.routes[name] !== old.routes[name])
    expect(changed).toEqual(['route-77'])
    expect(cache.get('f', text).hash).toBe(before.hash)
  })

  test('positions are those of the whole', () => {
    const text = sample(200)
    const paths = [
      ['version'],
      ['listeners', 'plain', 'port'],
      ['services', 'service-150', 'endpoints', 1, 'labels'],
      ['routes', 'route-199', 'match', 'nope'],
      ['tests', 0, 'expect'],
    ]
    const inPieces = createFindPosition(new Map([['f', pieces(text)]]))
    const inWhole = createFindPosition(new Map([['f', whole(text)]]))
    for (const path of paths) {
      for (const side of ['key', 'value'] as const) expect(inPieces({ file: 'f', path, side })).toEqual(inWhole({ file: 'f', path, side }))
    }
    expect(inPieces({ file: 'f', path: ['routes', 'route-199', 'to'], side: 'value' })?.lineText).toBe('    to: service-199')
  })

  test.each([
    'x: &a 1\nroutes:\n  r: *a\n',
    'routes:\n  a: "x\n  b: y"\n',
    'on:\n  a: 1\n',
    'constructor:\n  a: 1\n',
    '__proto__:\n  a: 1\n',
    'a:\n  b: 1\na:\n  c: 1\n',
    'a:\n  b: 1\n b: 2\n',
    '---\na: 1\n',
  ])('when it cannot be cut, findings are those of the whole: %j', (text) => {
    expect(pieces(text)).toEqual(whole(text))
    expect(pieces(text).pieces).toBeUndefined()
  })

  test('any text: same value, same findings', () => {
    const line = fc.constantFrom(
      'a: 1',
      '  b: 2',
      '  c:',
      '    d: [1,',
      '    2]',
      '  "e": {x: y}',
      'f:',
      '- g',
      '  - h',
      '  i: |',
      '    text: 1',
      '   j: 1',
      '# c',
      '',
      '  k: "x',
      '  y"',
      'l: &l 1',
      '  m: *l',
      '  n: >-',
      'o: {',
      '}',
      '---',
      '? p',
      '  q: 1 # r',
      "  's': t",
      '  <<: {u: 1}',
      '  on: 1',
      '\tv: 1',
      '  b: 3',
      'w',
      '  x:y',
      'z :  1',
    )
    fc.assert(
      fc.property(fc.array(line, { maxLength: 14 }), (lines) => {
        const text = lines.join('\n')
        const [one, other] = [pieces(text), whole(text)]
        expect(one.value).toEqual(other.value)
        expect(one.diagnostics).toEqual(other.diagnostics)
      }),
      cases(1000),
    )
  })
})
