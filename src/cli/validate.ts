import type { Compiled } from '../compile.ts'
import { exit, type ExitCode } from './exit.ts'
import { askEnvoy } from './ask-envoy.ts'
import { colorsOf } from './io.ts'
import { compileFile } from './read-config.ts'
import { exitOf, report } from './report.ts'
import { type ConfigOptions, configOptions, defaultConfig, type Verb, verb, type VerbCx } from './verb.ts'

interface Options extends ConfigOptions {
  readonly engine?: boolean
}

export const validateVerb: Verb = (cx) =>
  configOptions(
    verb({
      name: 'validate',
      summary: 'check the configuration and show every problem with its place',
      examples: [
        ['validate', 'check gateway.yaml'],
        ['validate --env prod --engine', 'with overlays/prod.yaml, and ask Envoy as well'],
        ['validate - --format json < gateway.yaml', 'check standard input, for machines'],
      ],
    })
      .argument('[file]', 'the configuration, or "-" for standard input', defaultConfig)
      .option('--engine', 'also let Envoy check what it would be given'),
  ).action(async (file: string, options: Options) => cx.exit(await validate(cx, file, options)))

async function validate({ io }: VerbCx, file: string, options: Options): Promise<ExitCode> {
  const compiled = await compileFile(io, file, options.env)
  const judged: Compiled =
    options.engine && compiled.good ? { ...compiled, diagnostics: [...compiled.diagnostics, ...(await askEnvoy(io, compiled.good))] } : compiled
  report(io, judged, options.format, io.stdout)
  const code = exitOf(judged, options.failOn)
  if (options.verbose) for (const read of compiled.files.keys()) io.stderr.write(`read ${read}\n`)
  if (code === exit.ok && !options.quiet)
    io.stderr.write(`${colorsOf(io).green('✔')} ${file === '-' ? 'standard input' : file} is valid${options.engine ? ', for Envoy too' : ''}\n`)
  return code
}
