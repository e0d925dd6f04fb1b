import { type Good, Compiler } from '../../src/compile.ts'
import { staticBootstrap } from '../../src/envoy/static-bootstrap.ts'
import { startEnvoy, type TestEnvoy } from './envoy.ts'

/** Compiles the file; throws with its findings when something is wrong with it. */
export async function compileForEnvoy(file: string, env: Record<string, string> = {}): Promise<Good> {
  const { good, diagnostics } = await new Compiler(file, { env }).compile()
  if (!good) throw new Error(`${file} does not compile: ${JSON.stringify(diagnostics)}`)
  return good
}

/** Starts an Envoy that reads everything from a file, without a control plane. */
export function startStaticEnvoy({ resources }: Pick<Good, 'resources'>): Promise<TestEnvoy> {
  const bootstrap = (path: string): string =>
    staticBootstrap(resources.values(), { nodeId: 'edge', nodeCluster: 'test', admin: { type: 'pipe', path } })
  return startEnvoy({ bootstrap })
}
