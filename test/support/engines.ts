import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Good, Compiler } from '../../src/compile.ts'
import { staticBootstrap } from '../../src/envoy/static-bootstrap.ts'
import { startEnvoy, type TestEnvoy } from './envoy.ts'
import { freePort } from './free-port.ts'
import { compileText, startNginx, type TestNginx } from './nginx.ts'

/** The same gateway.yaml on a real Envoy (as a static file) and on a real nginx, for one test file. */
export interface Engines {
  /** The first port on each. */
  readonly ports: Readonly<Record<EngineName, number>>
  /** The second one, for a listener with TLS. */
  readonly securePorts: Readonly<Record<EngineName, number>>
  readonly envoy: TestEnvoy
  readonly nginx: TestNginx
  stop(): Promise<void>
}

export type EngineName = (typeof engineNames)[number]
export const engineNames = ['envoy', 'nginx'] as const

/** Starts both; `text` gets free ports for the listeners. Throws with the findings when it does not compile. */
export async function startEngines(text: (port: number, secure: number) => string): Promise<Engines> {
  const files = await certificateFiles()
  const [first, firstMore, second, secondMore] = [await freePort(), await freePort(), await freePort(), await freePort()]
  const { resources } = await compileFiles(text(first, firstMore), files)
  const bootstrap = (path: string): string =>
    staticBootstrap(resources.values(), { nodeId: 'edge', nodeCluster: 'test', admin: { type: 'pipe', path } })
  const envoy = await startEnvoy({ bootstrap })
  const nginx = await startNginx(await compileText(text(second, secondMore), files)).catch(async (error: unknown) => {
    await envoy.stop()
    throw error
  })
  return {
    ports: { envoy: first, nginx: second },
    securePorts: { envoy: firstMore, nginx: secondMore },
    envoy,
    nginx,
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

async function compileFiles(text: string, files: Readonly<Record<string, string>>): Promise<Good> {
  const dir = await mkdtemp(join(tmpdir(), 'sluice-yaml-'))
  try {
    for (const [name, content] of Object.entries({ ...files, 'gateway.yaml': text })) await writeFile(join(dir, name), content)
    const { good, diagnostics } = await new Compiler(join(dir, 'gateway.yaml'), { env: {} }).compile()
    if (!good) throw new Error(`the gateway does not compile: ${JSON.stringify(diagnostics)}`)
    return good
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}
