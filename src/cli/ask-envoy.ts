import type { Good } from '../compile.ts'
import type { Diagnostic } from '../diagnostics/diagnostic.ts'
import { installEnvoy } from '../engine/install.ts'
import { validateWithEnvoy } from '../engine/validate.ts'
import { staticFile } from './static-file.ts'
import { finding } from './report.ts'
import type { Io } from './io.ts'

/** What the real Envoy says about a configuration, as findings. Rejects with EngineUnavailable when there is no Envoy. */
export async function askEnvoy(io: Io, good: Good): Promise<Diagnostic[]> {
  const { path } = await installEnvoy((line) => io.stderr.write(`${line}\n`), io.env)
  const verdict = await validateWithEnvoy(path, staticFile(good, 0))
  return verdict.ok
    ? []
    : [
        finding(
          'envoy/refused-configuration',
          `Envoy refuses the configuration: ${verdict.message}`,
          'this is a gap in the checks of sluice: please report it with the configuration',
        ),
      ]
}
