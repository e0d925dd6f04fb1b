import { dirname, resolve } from 'node:path'
import { isEmpty, plan } from '../plan/plan.ts'
import { planToJson, printPlan } from '../plan/print.ts'
import { adminOptions } from './admin-options.ts'
import { exit, type ExitCode, Stop } from './exit.ts'
import { colorsOf } from './io.ts'
import { beforeSide, type PlanOptions } from './plan-against.ts'
import { compileFile, goodOf } from './read-config.ts'
import { stopOnFindings, writeJson } from './report.ts'
import { targetOption } from './target-option.ts'
import { configOptions, defaultConfig, type Verb, verb, type VerbCx } from './verb.ts'

export const planVerb: Verb = (cx) =>
  configOptions(
    adminOptions(
      verb({
        name: 'plan',
        summary: 'show what would change, what it costs, and whether connections drop',
        examples: [
          ['plan', 'against what was last served from here'],
          ['plan --against live --exit-code', 'against the running server; 2 when something changes'],
          ['plan --against old.yaml --format json', 'against another file, for machines'],
          ['plan --target nginx --against old.yaml', 'for nginx: also whether it has to be reloaded, and why'],
        ],
        notes: 'Without --against the last good configuration in the state directory is taken; when there is none, everything is new.',
      })
        .argument('[file]', 'the configuration, or "-" for standard input', defaultConfig)
        .addOption(targetOption('the engine that the plan is for'))
        .option('--against <what>', '"live", a file, or "-" for standard input')
        .option('--exit-code', 'exit with 2 when there are changes')
        .option('--state-dir <dir>', 'where a server keeps its state (default: .sluice beside the configuration)'),
    ),
  ).action(async (file: string, options: PlanOptions) => cx.exit(await planVerbRun(cx, file, options)))

async function planVerbRun(cx: VerbCx, file: string, options: PlanOptions): Promise<ExitCode> {
  const { io } = cx
  if (options.against === '-' && file === '-') throw new Stop(exit.usage, 'standard input cannot be both sides of a plan')
  const compiled = await compileFile(io, file, options.env, { target: options.target })
  const stopped = stopOnFindings(io, compiled, options)
  if (stopped !== undefined) return stopped
  const before = await beforeSide(io, file, options)
  if ('code' in before) return before.code
  const after = { good: goodOf(compiled), base: dirname(resolve(io.cwd, file)) }
  const result = plan(before.side, after, cx.features)
  if (options.format === 'json') writeJson(io, planToJson(result, before.name))
  else io.stdout.write(printPlan(result, colorsOf(io)))
  if (!options.quiet) io.stderr.write(`compared with ${before.name}\n`)
  return options.exitCode && !isEmpty(result) ? exit.changes : exit.ok
}
