import type { EngineName } from '../support/engines.ts'
import { freePort } from '../support/free-port.ts'
import { withGatewayFile } from '../support/gateway-file.ts'
import { compileForNginx, startNginx } from '../support/nginx.ts'
import { compileForEnvoy, startStaticEnvoy } from '../support/static-envoy.ts'

/** A live engine with one gateway. */
export interface Running {
  /** Port of a listener. */
  port(listener: string): number
  output(): string
  stop(): Promise<void>
}

/** Starts an engine with a gateway.yaml that stands in a directory of its own; `ports` are put in for `${NAME}`. Throws with its findings. */
export async function startEngine(
  engine: EngineName,
  text: string,
  listeners: readonly string[],
  files: Readonly<Record<string, string>> = {},
): Promise<Running> {
  const ports = new Map<string, number>()
  for (const name of listeners) ports.set(name, await freePort())
  const env = Object.fromEntries([...ports].map(([name, port]) => [name.toUpperCase(), String(port)]))
  const start = async (file: string) =>
    engine === 'envoy' ? startStaticEnvoy(await compileForEnvoy(file, env)) : startNginx(await compileForNginx(file, env))
  const started = await withGatewayFile(text, files, start)
  return { port: (listener) => ports.get(listener) ?? 0, output: () => started.output(), stop: () => started.stop() }
}
