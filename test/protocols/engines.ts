import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Compiler } from '../../src/compile.ts'
import { staticBootstrap } from '../../src/envoy/static-bootstrap.ts'
import { startEnvoy } from '../support/envoy.ts'
import { freePort } from '../support/free-port.ts'
import { compileForNginx, startNginx } from '../support/nginx.ts'

export type Engine = 'envoy' | 'nginx'
export const engines: readonly Engine[] = ['envoy', 'nginx']

/** A live engine with one gateway. */
export interface Running {
  /** Port of a listener. */
  port(listener: string): number
  output(): string
  stop(): Promise<void>
}

/** Starts an engine with a gateway.yaml that stands in a directory of its own; `ports` are put in for `${NAME}`. Throws with its findings. */
export async function startEngine(
  engine: Engine,
  text: string,
  listeners: readonly string[],
  files: Readonly<Record<string, string>> = {},
): Promise<Running> {
  const ports = new Map<string, number>()
  for (const name of listeners) ports.set(name, await freePort())
  const env = Object.fromEntries([...ports].map(([name, port]) => [name.toUpperCase(), String(port)]))
  const dir = await mkdtemp(join(tmpdir(), 'sluice-protocols-'))
  try {
    for (const [name, content] of Object.entries({ ...files, 'gateway.yaml': text })) await writeFile(join(dir, name), content)
    const started = await (engine === 'envoy' ? envoy(join(dir, 'gateway.yaml'), env) : nginx(join(dir, 'gateway.yaml'), env))
    return { port: (listener) => ports.get(listener) ?? 0, output: () => started.output(), stop: () => started.stop() }
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

async function envoy(file: string, env: Record<string, string>) {
  const { good, diagnostics } = await new Compiler(file, { env }).compile()
  if (!good) throw new Error(diagnostics.map(({ message }) => message).join('\n'))
  return startEnvoy({
    bootstrap: (path) => staticBootstrap(good.resources.values(), { nodeId: 'n', nodeCluster: 'c', admin: { type: 'pipe', path } }),
  })
}

async function nginx(file: string, env: Record<string, string>) {
  return startNginx(await compileForNginx(file, env))
}
