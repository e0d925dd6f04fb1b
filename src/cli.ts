#!/usr/bin/env node
import { readFileSync, realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Command, CommanderError } from 'commander'
import { compileVerb } from './cli/compile.ts'
import { completionVerb } from './cli/completion.ts'
import { engineVerb } from './cli/engine.ts'
import { exit, type ExitCode, Stop } from './cli/exit.ts'
import { explainCodeVerb } from './cli/explain-code.ts'
import { initVerb } from './cli/init.ts'
import { type Io, useColors } from './cli/io.ts'
import { packageFile } from './cli/package-file.ts'
import { planVerb } from './cli/plan.ts'
import { runVerb } from './cli/run.ts'
import { schemaVerb } from './cli/schema.ts'
import { serveVerb } from './cli/serve.ts'
import { statusVerb } from './cli/status.ts'
import { validateVerb } from './cli/validate.ts'
import type { Verb } from './cli/verb.ts'
import { EngineUnavailable } from './engine/install.ts'
import { features } from './features/index.ts'

const verbs: readonly Verb[] = [
  initVerb,
  validateVerb,
  compileVerb,
  planVerb,
  runVerb,
  serveVerb,
  statusVerb,
  schemaVerb,
  explainCodeVerb,
  engineVerb,
  completionVerb,
]

/** Runs one command line (without the program's name) and gives its exit code. Nothing is thrown, and the process is not ended. */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  let code: ExitCode = exit.ok
  const program = createProgram(io, (given) => (code = given))
  try {
    await program.parseAsync(argv, { from: 'user' })
    return code
  } catch (error) {
    return failed(error, io)
  }
}

function createProgram(io: Io, done: (code: ExitCode) => void): Command {
  const program = new Command('sluice')
  const { version } = JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as { version: string }
  program
    .description('One gateway.yaml, checked and served live to Envoy or nginx.')
    .version(version)
    .showHelpAfterError('(--help shows what is possible)')
  for (const verb of verbs) program.addCommand(verb({ io, features, exit: done }))
  program.addHelpText(
    'after',
    '\nExamples:\n  sluice init && sluice run  a gateway on :8080 in a minute\n  sluice validate            check gateway.yaml, for instance in CI',
  )
  for (const command of everyCommand(program)) {
    command.exitOverride().configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      getOutHasColors: () => useColors(io),
      getErrHasColors: () => useColors(io),
    })
  }
  return program
}

function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)]
}

function failed(error: unknown, io: Io): ExitCode {
  // Commander has printed its own words already; help that was asked for is no failure.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exit.ok : exit.usage
  if (error instanceof Stop) {
    io.stderr.write(`error: ${error.message}\n`)
    return error.code
  }
  if (error instanceof EngineUnavailable) {
    io.stderr.write(`error: ${error.message}\n`)
    return exit.unavailable
  }
  const report = error instanceof Error ? (error.stack ?? error.message) : String(error)
  io.stderr.write(`internal error: ${report}\nThis is a mistake in sluice, not in your files. Please report it with these lines and the command.\n`)
  return exit.internal
}

/** Runs the command line of this process and sets its exit code: what the `sluice` command starts. */
export async function runProcess(): Promise<void> {
  // A reader such as `head` that has seen enough is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit()
  })
  const { stdout, stderr, stdin, env } = process
  process.exitCode = await main(process.argv.slice(2), { stdout, stderr, stdin, env, cwd: process.cwd(), isTTY: stdout.isTTY })
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await runProcess()
