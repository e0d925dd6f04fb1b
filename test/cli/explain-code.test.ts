import { globSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { catalogue } from '../../src/cli/explain-code.ts'
import { features } from '../../src/features/index.ts'
import { workplace } from './run-cli.ts'

/** Codes stand in the sources as `'topic/kebab-case'`; as the key of a map they are only documented. */
const literal = /'([a-z]+(?:-[a-z]+)*)\/[a-z0-9]+(?:-[a-z0-9]+)*'(?!:)/g

function reportedCodes(): Set<string> {
  const topics = new Set([
    'yaml',
    'config',
    'gateway',
    'listener',
    'route',
    'service',
    'file',
    'secret',
    'envoy',
    'nginx',
    'attribute',
    ...features.map(({ name }) => name),
  ])
  const files = globSync('src/**/*.ts')
  const texts = files.map((file) => readFileSync(file, 'utf8'))
  const found = texts.flatMap((text) => [...text.matchAll(literal)].filter(([, topic = '']) => topics.has(topic)))
  return new Set(found.map(([quoted]) => quoted.slice(1, -1)))
}

describe('explain-code', () => {
  it('has a text for every code that can be reported, and no other', () => {
    expect([...reportedCodes()].sort()).toEqual([...catalogue(features).keys()])
  })

  it('texts are sentences and say more than the code', () => {
    for (const [code, text] of catalogue(features)) expect([code, text]).toEqual([code, expect.stringMatching(/^\S.{30,}[.)]$/) as string])
  })

  it('prints code and text, or all codes', async () => {
    await using place = await workplace()
    const one = await place.run(['explain-code', 'route/duplicate'])
    expect(one.stdout).toBe(`route/duplicate\n\n${catalogue(features).get('route/duplicate')}\n`)
    expect((await place.run(['explain-code'])).stdout.trim().split('\n')).toEqual([...catalogue(features).keys()])
  })

  it('suggests the code that was meant, on stderr', async () => {
    await using place = await workplace()
    const { code, stdout, stderr } = await place.run(['explain-code', 'route/unknwon-service'])
    expect([code, stdout]).toEqual([64, ''])
    expect(stderr).toBe('error: there is no code "route/unknwon-service", did you mean "route/unknown-service"?\n')
  })
})
