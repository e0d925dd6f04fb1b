import { describe, expect, test } from 'vitest'
import { Compiler } from '../../src/compile.ts'
import { collect } from '../../src/diagnostics/collect.ts'
import { createFindPosition } from '../../src/config/find-position.ts'
import { memoryFiles } from './memory-files.ts'

async function told(text: string): Promise<string[]> {
  const { diagnostics, files } = await new Compiler('gateway.yaml', {
    target: 'nginx',
    env: {},
    files: memoryFiles({ 'gateway.yaml': text }),
  }).compile()
  return collect(diagnostics, createFindPosition(files)).shown.map(({ diagnostic, position }) => `${position?.line}: ${diagnostic.message}`)
}

const head = `version: 1
listeners: {public: {port: 8080}}
services: {a: {endpoints: ["127.0.0.1:9001"]}}
`

describe('every problem is found in one run', () => {
  test('also the references of a route that has other errors', async () => {
    const text = `${head}routes:
  one: {match: {path: /1/*}, to: b, timeouts: {request: 3parsecs}}
  two: {match: {path: /2/*}, to: {service: c, wieght: 3}, listeners: [inner]}
  three: {match: {path: /3/*}, hosts: ["a b"], to: d}
  four: {match: {path: /4/*}, to: a, mirror: {to: e}, retries: {}}
`
    expect(await told(text)).toEqual([
      '5: service "b" does not exist',
      '5: "3parsecs" is not a duration such as 250ms',
      '6: unknown key "wieght"',
      '7: "a b" is not a host name without a port such as shop.example.com',
      '7: service "d" does not exist',
      '8: service "e" does not exist',
      '8: unknown key "retries"',
    ])
  })

  test('also what is wrong with the addresses of a service that has other errors', async () => {
    const text = `${head.replace('services: {', 'services: {x: {endpoints: ["10.0.0.300:80"], balanc: random}, ')}routes:
  one: {match: {path: /1/*}, to: a}
`
    expect(await told(text)).toEqual(['3: "10.0.0.300:80" is not an address', '3: unknown key "balanc"'])
  })

  test('and none because of another: routes of a group with an error are neither duplicates nor without a group', async () => {
    const text = `${head}groups:
  g: {hosts: [g.example.com], polcy: {}}
  h: {hosts: [h.example.com], polcy: {}}
routes:
  one: {match: {path: /1/*}, to: a, group: g}
  two: {match: {path: /1/*}, to: a, group: h}
`
    expect(await told(text)).toEqual(['5: unknown key "polcy"', '6: unknown key "polcy"'])
  })

  test('errors stand alone, notes about the engine come when there are none', async () => {
    const text = `${head}routes:
  one: {match: {path: /1/*}, to: a, retry: {attempts: 3, backoff: {initial: 10ms}}}
  two: {match: {path: /2/*}, to: a}
`
    expect(await told(text)).toEqual(['5: nginx makes the next attempt at once: it cannot wait between attempts'])
    expect(await told(text.replace('/2/*}, to: a', '/2/*}, to: b'))).toEqual(['6: service "b" does not exist'])
  })

  test('a word that YAML readers disagree on is told once', async () => {
    expect(await told(`${head}routes: {one: {match: {path: /1/*}, to: a, grpcWeb: yes}}\n`)).toEqual([
      '4: "yes" is a boolean to many YAML readers and text to others',
    ])
  })
})
