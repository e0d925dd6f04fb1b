import { Command } from 'commander'
import { type EnvoyBinary, envoyVersion, findEnvoy, installEnvoy } from '../engine/install.ts'
import { envoyRelease } from '../engine/release.ts'
import { bootstrapCommand } from './engine-bootstrap.ts'
import { exit, type ExitCode, Stop } from './exit.ts'
import { writeJson } from './report.ts'
import { type CommonOptions, outputOptions, type Verb, verb, type VerbCx } from './verb.ts'

export const engineVerb: Verb = (cx) => {
  const part = (name: string, summary: string, run: (cx: VerbCx, options: CommonOptions) => Promise<ExitCode>): Command =>
    outputOptions(new Command(name).description(summary)).action(async (options: CommonOptions) => cx.exit(await run(cx, options)))
  return verb({
    name: 'engine',
    summary: 'fetch or find the Envoy that sluice drives, or lead one of your own to it',
    examples: [
      ['engine install', 'fetch the pinned Envoy once, checked by its hash'],
      ['$(sluice engine path) --version', 'run it yourself'],
      ['engine bootstrap --xds 127.0.0.1:9901 > envoy.json', 'the file that leads an Envoy of your own to `sluice serve`'],
    ],
    notes: `Envoy ${envoyRelease.version} is looked for in ENVOY_BIN, in the cache, then on PATH.`,
  })
    .addCommand(part('install', 'find Envoy, or fetch it into the cache', install))
    .addCommand(part('path', 'print where Envoy is; 69 when it is not there', path))
    .addCommand(part('version', 'print which Envoy is there; 69 when none is', version))
    .addCommand(bootstrapCommand(cx))
}

async function install({ io }: VerbCx, { format, quiet }: CommonOptions): Promise<ExitCode> {
  const say = (line: string): void => void (quiet || io.stderr.write(`${line}\n`))
  const binary = await installEnvoy(say, io.env)
  if (binary.warning !== undefined) io.stderr.write(`warning: ${binary.warning}\n`)
  if (format === 'json') writeJson(io, { schemaVersion: 1, ...binary, version: await versionOf(binary) })
  else io.stdout.write(`${binary.path}\n`)
  return exit.ok
}

async function path({ io }: VerbCx, { format }: CommonOptions): Promise<ExitCode> {
  const binary = await found(io.env)
  if (format === 'json') writeJson(io, { schemaVersion: 1, ...binary })
  else io.stdout.write(`${binary.path}\n`)
  return exit.ok
}

async function version({ io }: VerbCx, { format }: CommonOptions): Promise<ExitCode> {
  const binary = await found(io.env)
  const own = await versionOf(binary)
  if (format === 'json') writeJson(io, { schemaVersion: 1, ...binary, version: own, pinned: envoyRelease.version })
  else io.stdout.write(`${own}\n`)
  if (own !== envoyRelease.version) io.stderr.write(`warning: sluice is made for Envoy ${envoyRelease.version}\n`)
  return exit.ok
}

async function found(env: NodeJS.ProcessEnv): Promise<EnvoyBinary> {
  const binary = await findEnvoy(env)
  if (!binary) throw new Stop(exit.unavailable, `Envoy ${envoyRelease.version} is not installed; \`sluice engine install\` fetches it`)
  return binary
}

async function versionOf({ path }: EnvoyBinary): Promise<string> {
  const own = await envoyVersion(path)
  if (own === undefined) throw new Stop(exit.unavailable, `${path} does not say that it is an Envoy`)
  return own
}
