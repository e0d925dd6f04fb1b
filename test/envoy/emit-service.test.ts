import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { Compiler } from '../../src/compile.ts'
import { ServiceEmitter } from '../../src/envoy/emit-service.ts'
import { features } from '../../src/features/index.ts'
import type { Service } from '../../src/model/gateway.ts'

const cases = join(import.meta.dirname, '../features')
const at = () => ({ file: 'gateway.yaml', path: [], side: 'value' as const })

async function allServices(): Promise<Service[]> {
  const found: Service[] = []
  for (const feature of readdirSync(cases)) {
    for (const name of readdirSync(join(cases, feature))) {
      const dir = join(cases, feature, name)
      if (existsSync(join(dir, 'diagnostics.txt'))) continue
      const { good } = await new Compiler(join(dir, 'gateway.yaml'), { env: {} }).compile()
      found.push(...(good?.gateway.services.values() ?? []))
    }
  }
  return found
}

/** The same service with its endpoints as a registry could change them: one more, another weight, another zone. */
function changed(service: Service): Service {
  const more = { address: '192.0.2.77', port: 7777, weight: 7, zone: 'elsewhere', labels: {} }
  const endpoints = service.discovery.endpoints.map((endpoint, index) => (index === 0 ? { ...endpoint, weight: 9 } : endpoint))
  return { ...service, discovery: { ...service.discovery, endpoints: [...endpoints, more] } }
}

it('makes nothing but the endpoints anew when nothing else of a service changes, and the result is the same as from nothing', async () => {
  const services = (await allServices()).filter((service) => service.discovery.type === 'static')
  expect(services.length).toBeGreaterThan(20)
  for (const service of services) {
    const emitter = new ServiceEmitter(features)
    const [before] = emitter.emit(service, at).value
    const { value, diagnostics } = emitter.emit(changed(service), at)
    expect(value[0], service.name).toBe(before)
    expect({ value, diagnostics }).toEqual(new ServiceEmitter(features).emit(changed(service), at))
  }
})

it('makes the cluster anew when something else changes', async () => {
  const [service] = await allServices()
  if (!service) throw new Error('there is no service')
  const emitter = new ServiceEmitter(features)
  const [before] = emitter.emit(service, at).value
  expect(emitter.emit({ ...service, protocol: 'h2' }, at).value[0]?.version).not.toBe(before?.version)
  expect(emitter.emit({ ...service, name: 'other' }, at).value[0]?.name).toBe('other')
})
