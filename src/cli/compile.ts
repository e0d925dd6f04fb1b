import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { InvalidArgumentError, Option } from 'commander'
import type { Good } from '../compile.ts'
import { writeFileAtomically } from '../lib/write-file-atomically.ts'
import { exit, type ExitCode, Stop } from './exit.ts'
import { printMergedFile } from './print-merged.ts'
import { atHome, compileFile, goodOf } from './read-config.ts'
import { jsonReport, stopOnFindings, writeJson } from './report.ts'
import { holdsSecrets, staticFile } from './static-file.ts'
import { type ConfigOptions, configOptions, defaultConfig, type Verb, verb, type VerbCx } from './verb.ts'

interface Options extends ConfigOptions {
  readonly out?: string
  readonly adminPort: number
  readonly printMerged?: boolean
}

export const compileVerb: Verb = (cx) =>
  configOptions(
    verb({
      name: 'compile',
      summary: 'write the configuration as a file that Envoy runs without sluice',
      examples: [
        ['compile --out build', 'write build/envoy.json'],
        ['compile --env prod --print-merged', 'the configuration with overlay, includes and defaults in one file'],
      ],
      notes: 'Without --out the file goes to stdout, unless it holds private keys. Equal configurations give equal bytes.',
    })
      .argument('[file]', 'the configuration, or "-" for standard input', defaultConfig)
      .addOption(new Option('--target <engine>', 'what to write it for').choices(['envoy']).default('envoy'))
      .option('-o, --out <dir>', 'directory to write to; made when it is not there')
      .option('--admin-port <port>', "port of Envoy's admin interface on 127.0.0.1", port, 9902)
      .option('--print-merged', 'print one gateway.yaml with every default, and where each part was written'),
  ).action(async (file: string, options: Options) => cx.exit(await compile(cx, file, options)))

async function compile(cx: VerbCx, file: string, options: Options): Promise<ExitCode> {
  const { io } = cx
  if (options.printMerged) return printMergedFile(cx, file, options)
  const compiled = await compileFile(io, file, options.env)
  const stopped = stopOnFindings(io, compiled, options)
  if (stopped !== undefined) return stopped
  const good = goodOf(compiled)
  const text = staticFile(good, options.adminPort)
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
    await mkdir(dir, { recursive: true })
    await writeFileAtomically(path, text, holdsSecrets(good) ? 0o600 : 0o644)
  } catch (error) {
    throw new Stop(exit.findings, `cannot write ${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
  return path
}

function port(text: string): number {
  const number = Number(text)
  if (!/^\d{1,5}$/.test(text) || number > 65_535) throw new InvalidArgumentError('It must be a port, 0 to 65535.')
  return number
}
