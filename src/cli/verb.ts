import { Command, Option } from 'commander'
import type { Feature } from '../feature.ts'
import type { ExitCode } from './exit.ts'
import type { Io } from './io.ts'

export type Format = 'text' | 'json'

/** Options that several verbs have. */
export interface CommonOptions {
  readonly format: Format
  readonly quiet?: boolean
  readonly verbose?: boolean
}

/** Given to every verb. */
export interface VerbCx {
  readonly io: Io
  readonly features: readonly Feature[]
  /** Sets the exit code of the run. */
  exit(code: ExitCode): void
}

/** Makes the command of a verb; the exit code goes to `cx.exit`. */
export type Verb = (cx: VerbCx) => Command

export interface VerbWords {
  readonly name: string
  /** One line for the list of verbs. */
  readonly summary: string
  /** Command lines with what they do; without `sluice` at the start, which is only left out before `$(…)`. */
  readonly examples: readonly (readonly [line: string, what: string])[]
  /** Notes below the options. */
  readonly notes?: string
}

export function verb({ name, summary, examples, notes }: VerbWords): Command {
  const commands = examples.map(([line, what]) => [line.startsWith('$') ? line : `sluice ${line}`, what] as const)
  const width = Math.max(...commands.map(([line]) => line.length))
  const lines = commands.map(([line, what]) => `  ${line.padEnd(width)}  ${what}`)
  const after = [...(notes === undefined ? [] : ['', notes]), '', 'Examples:', ...lines]
  return new Command(name).description(summary).summary(summary).addHelpText('after', after.join('\n'))
}

export function outputOptions(command: Command): Command {
  return command
    .addOption(new Option('--format <format>', 'how the result is written').choices(['text', 'json']).default('text'))
    .option('-q, --quiet', 'say nothing on stderr but errors')
    .option('-v, --verbose', 'say more on stderr')
}

const severities = ['error', 'warning'] as const
export type FailOn = (typeof severities)[number]

/** What is read, and what counts as a failure. */
export interface ConfigOptions extends CommonOptions {
  readonly env?: string
  readonly failOn: FailOn
}

export const defaultConfig = 'gateway.yaml'

export function configOptions(command: Command): Command {
  return outputOptions(
    command
      .option('-e, --env <name>', 'lay overlays/<name>.yaml over the configuration')
      .addOption(new Option('--fail-on <severity>', 'the least severity that makes the run fail').choices(severities).default('error')),
  )
}
