import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestEnvoy } from './envoy.ts'
import { freePort } from './free-port.ts'
import { withGatewayFile } from './gateway-file.ts'
import { compileText, startNginx, type TestNginx } from './nginx.ts'
import { sickOn } from './sick.ts'
import { compileForEnvoy, startStaticEnvoy } from './static-envoy.ts'

/** The same gateway.yaml on a real Envoy (as a static file) and on a real nginx, for one test file. */
export interface Engines {
  /** The first port on each. */
  readonly ports: Readonly<Record<EngineName, number>>
  /** The second one, for a listener with TLS. */
  readonly securePorts: Readonly<Record<EngineName, number>>
  readonly envoy: TestEnvoy
  readonly nginx: TestNginx
  /** Addresses of the service's endpoints that get no requests now. Engines note how a request ended after the client has its answer, so wait for it. */
  sick(engine: EngineName, service: string): Promise<readonly string[]>
  stop(): Promise<void>
}

export type EngineName = (typeof engineNames)[number]
export const engineNames = ['envoy', 'nginx'] as const

/** Starts both; `text` gets free ports for the listeners. Throws with the findings when it does not compile. */
export async function startEngines(text: (port: number, secure: number) => string): Promise<Engines> {
  const files = await certificateFiles()
  const [first, firstMore, second, secondMore] = [await freePort(), await freePort(), await freePort(), await freePort()]
  const envoy = await startStaticEnvoy(await withGatewayFile(text(first, firstMore), files, compileForEnvoy))
  const nginx = await startNginx(await compileText(text(second, secondMore), files)).catch(async (error: unknown) => {
    await envoy.stop()
    throw error
  })
  return {
    ports: { envoy: first, nginx: second },
    securePorts: { envoy: firstMore, nginx: secondMore },
    envoy,
    nginx,
    sick: (engine, service) => sickOn(engine === 'envoy' ? envoy : nginx, service),
    stop: async () => void (await Promise.all([envoy.stop(), nginx.stop()])),
  }
}

/** What a listener with `tls` may name. */
export const tls = '{certificates: [{cert: shop.pem, key: "secret://file/shop.key"}]}'

async function certificateFiles(): Promise<Record<string, string>> {
  const dir = join(import.meta.dirname, '../../examples/certs')
  const [cert, key] = await Promise.all(['shop.pem', 'shop.key'].map((name) => readFile(join(dir, name), 'utf8')))
  return { 'shop.pem': cert ?? '', 'shop.key': key ?? '' }
}
