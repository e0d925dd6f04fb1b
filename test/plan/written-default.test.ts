import { expect, it } from 'vitest'
import { Compiler } from '../../src/compile.ts'
import { memoryFiles } from '../config/memory-files.ts'

const text = (timeouts: string): string => `version: 1
listeners: {public: {port: 8080}}
services: {orders: {endpoints: ["127.0.0.1:9001"]}}
routes:
  orders: {match: {path: /orders}, to: orders, timeouts: ${timeouts}}
`

async function versions(timeouts: string): Promise<ReadonlyMap<string, string>> {
  const { good, diagnostics } = await new Compiler('gateway.yaml', { env: {}, files: memoryFiles({ 'gateway.yaml': text(timeouts) }) }).compile()
  expect(diagnostics).toEqual([])
  return new Map([...(good?.resources ?? [])].map(([key, { version }]) => [key, version]))
}

it.each(['{request: 15s, idle: 5m}', '{idle: 300s}', '{idle: 5m}'])(
  'writing the defaults of an empty `timeouts` out as %s changes nothing',
  async (written) => {
    const short = await versions('{}')
    expect(short.size).toBeGreaterThan(0)
    expect(await versions(written)).toEqual(short)
    expect(await versions('{idle: 4m}')).not.toEqual(short)
  },
)
