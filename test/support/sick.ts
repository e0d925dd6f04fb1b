import { type SickEndpoint, sickEndpoints } from '../../src/engine/sick-endpoints.ts'
import type { TestEnvoy } from './envoy.ts'
import type { TestNginx } from './nginx.ts'

/** Addresses of the service's endpoints that get no requests now, sorted. Engines note how a request ended after the client has its answer, so wait for it. */
export async function sickOn(engine: TestEnvoy | TestNginx, service: string): Promise<readonly string[]> {
  const all = await ('stat' in engine ? ofEnvoy(engine) : ofNginx(engine))
  return all.flatMap((one) => (one.service === service ? [one.address] : [])).sort()
}

function ofEnvoy(envoy: TestEnvoy): Promise<readonly SickEndpoint[]> {
  return sickEndpoints({
    async *read(path) {
      yield (await envoy.admin(path)).body
    },
  })
}

async function ofNginx(nginx: TestNginx): Promise<readonly SickEndpoint[]> {
  return (JSON.parse((await nginx.admin('GET', '/sick')).body) as { endpoints?: SickEndpoint[] }).endpoints ?? []
}
