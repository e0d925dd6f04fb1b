import { describe, expect, it } from 'vitest'
import { Compiler } from '../../src/compile.ts'
import { createFindPosition } from '../../src/config/find-position.ts'
import type { Feature } from '../../src/feature.ts'
import { features } from '../../src/features/index.ts'
import type { Target } from '../../src/target.ts'
import { memoryFiles } from '../plan/memory-files.ts'

const text = (service: string): string => `version: 1
name: t
listeners: {public: {port: 8080}}
services:
  a:
    endpoints: ["10.0.0.1:80"]
${service}
routes: {a: {match: {path: /*}, to: a}}
`

/** Findings of a compile for one engine, each as `severity code line:column message`, and whether something was made. */
async function compileFor(target: Target, source: string, list: readonly Feature[] = features) {
  const { good, diagnostics, files } = await new Compiler('gateway.yaml', { target, env: {}, files: memoryFiles(source), features: list }).compile()
  const find = createFindPosition(files)
  const findings = diagnostics.map(({ severity, code, message, at }) => {
    const start = at && find(at)
    return `${severity} ${code} ${start?.line}:${start?.column} ${message}`
  })
  return { made: good?.target, findings }
}

describe('what one engine cannot do', () => {
  const h2 = text('    protocol: h2')

  it('is refused for that engine, with the place of the key', async () => {
    expect(await compileFor('nginx', h2)).toEqual({
      made: undefined,
      findings: ['error nginx/unsupported 7:15 service a speaks HTTP/2, which nginx speaks to services only for gRPC'],
    })
  })

  it('does not concern the other', async () => {
    expect(await compileFor('envoy', h2)).toEqual({ made: 'envoy', findings: [] })
  })

  it('carries the code of the feature, and points at the key', async () => {
    const { made, findings } = await compileFor('envoy', text('    circuitBreaker: {openFor: 1s, halfOpen: {probes: 3}}'))
    expect(made).toBeUndefined()
    expect(findings.map((one) => one.split(' ').slice(0, 3).join(' '))).toEqual(['error circuit-breaker/half-open-unsupported 7:35'])
  })
})

it.each(['envoy', 'nginx'] as const)('refuses a feature that has no part on %s', async (engine) => {
  const without = features.map((feature): Feature => {
    const { [engine]: part, ...rest } = feature
    return feature.name === 'caps' ? rest : { ...rest, [engine]: part }
  })
  const source = text('    caps: {requests: 5}')
  expect(await compileFor(engine, source, without)).toEqual({
    made: undefined,
    findings: [`error ${engine}/unsupported 7:5 the ${engine === 'envoy' ? 'Envoy' : 'nginx'} engine has no caps, which service a uses`],
  })
  expect((await compileFor(engine, source)).made).toBe(engine)
})

it('takes a service that only stands in for another one as used', async () => {
  const source = text('    circuitBreaker: {fallback: {service: b}}\n  b: {endpoints: ["10.0.0.2:80"]}')
  expect(await compileFor('nginx', source)).toEqual({ made: 'nginx', findings: [] })
})
