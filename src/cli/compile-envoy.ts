import { join } from 'node:path'
import type { Good } from '../compile.ts'
import { makeDirectory } from '../lib/make-directory.ts'
import { writeFileAtomically } from '../lib/write-file-atomically.ts'
import { exit, type ExitCode, Stop } from './exit.ts'
import type { Io } from './io.ts'
import { atHome, compileFile, goodOf } from './read-config.ts'
import { jsonReport, stopOnFindings, writeJson } from './report.ts'
import { holdsSecrets, staticFile } from './static-file.ts'
import type { ConfigOptions } from './verb.ts'

export interface EnvoyCompileOptions extends ConfigOptions {
  readonly out?: string
  readonly adminPort?: number
}

/** `compile` for Envoy: one file, or stdout. */
export async function compileEnvoy(io: Io, file: string, options: EnvoyCompileOptions): Promise<ExitCode> {
  const compiled = await compileFile(io, file, options.env)
  const stopped = stopOnFindings(io, compiled, options)
  if (stopped !== undefined) return stopped
  const good = goodOf(compiled)
  const text = staticFile(good, options.adminPort ?? 9902)
  if (options.out === undefined) {
    if (holdsSecrets(good)) throw new Stop(exit.usage, 'the file would hold private keys, which are not printed; write it with --out DIR')
    io.stdout.write(text)
    return exit.ok
  }
  const path = await writeOut(atHome(io, options.out), text, good)
  if (options.format === 'json') writeJson(io, { ...jsonReport(compiled), target: 'envoy', files: [{ path, bytes: Buffer.byteLength(text) }] })
  else io.stdout.write(`${path}\n`)
  if (!options.quiet)
    io.stderr.write(`wrote ${path} (${Buffer.byteLength(text)} bytes)\nrun it: $(sluice engine path) -c ${path} --disable-hot-restart\n`)
  return exit.ok
}

/** Only the owner may read a file that holds keys. */
async function writeOut(dir: string, text: string, good: Good): Promise<string> {
  const path = join(dir, 'envoy.json')
  try {
    await makeDirectory(dir)
    await writeFileAtomically(path, text, holdsSecrets(good) ? 0o600 : 0o644)
  } catch (error) {
    throw new Stop(exit.findings, `cannot write ${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
  return path
}
