import type { Good } from '../compile.ts'
import type { Diagnostic } from '../diagnostics/diagnostic.ts'
import { installNginx } from '../engine/nginx-install.ts'
import { productOf } from '../nginx/conf.ts'
import type { Target } from '../target.ts'
import { exit, type ExitCode } from './exit.ts'
import { askEnvoy } from './ask-envoy.ts'
import { askNginx } from './ask-nginx.ts'
import { colorsOf, type Io } from './io.ts'
import { compileFile } from './read-config.ts'
import { exitOf, report } from './report.ts'
import { targetOption } from './target-option.ts'
import { type ConfigOptions, configOptions, defaultConfig, type Verb, verb, type VerbCx } from './verb.ts'

interface Options extends ConfigOptions {
  readonly target: Target
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
        ['validate --target nginx --engine', 'also what nginx cannot do, and ask nginx -t'],
        ['validate - --format json < gateway.yaml', 'check standard input, for machines'],
      ],
    })
      .argument('[file]', 'the configuration, or "-" for standard input', defaultConfig)
      .addOption(targetOption('the engine that it has to be valid for'))
      .option('--engine', 'also let the engine itself check what it would be given'),
  ).action(async (file: string, options: Options) => cx.exit(await validate(cx, file, options)))

async function validate({ io }: VerbCx, file: string, options: Options): Promise<ExitCode> {
  const { target } = options
  const compiled = await compileFile(io, file, options.env, { target, overdue: 'error' })
  const asked = options.engine && compiled.good ? await askEngine(io, compiled.good) : undefined
  const judged = { ...compiled, diagnostics: [...compiled.diagnostics, ...(asked?.diagnostics ?? [])] }
  report(io, judged, options.format, io.stdout)
  const code = exitOf(judged, options.failOn)
  if (options.verbose) for (const read of compiled.files.keys()) io.stderr.write(`read ${read}\n`)
  if (code === exit.ok && !options.quiet) {
    const name = file === '-' ? 'standard input' : file
    const whose = target === 'envoy' ? '' : ` for ${target}`
    io.stderr.write(`${colorsOf(io).green('✔')} ${name} is valid${whose}${asked ? `, for ${asked.name} too` : ''}\n`)
  }
  return code
}

/** What the engine itself says, and its name. */
async function askEngine(io: Io, good: Good<Target>): Promise<{ readonly name: string; readonly diagnostics: readonly Diagnostic[] }> {
  if (good.target === 'envoy') return { name: 'Envoy', diagnostics: await askEnvoy(io, good) }
  const binary = await installNginx((line) => io.stderr.write(`${line}\n`), io.env)
  return { name: `${productOf(binary.profile)} ${binary.version}`, diagnostics: await askNginx(binary, good) }
}
