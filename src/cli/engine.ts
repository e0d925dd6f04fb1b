import { Argument, Command } from 'commander'
import { type EnvoyBinary, envoyVersion, findEnvoy, installEnvoy } from '../engine/install.ts'
import { envoyRelease } from '../engine/release.ts'
import { bootstrapCommand } from './engine-bootstrap.ts'
import { installNginxEngine, nginxPath, nginxVersion } from './engine-nginx.ts'
import { exit, type ExitCode, Stop } from './exit.ts'
import type { Target } from '../target.ts'
import { writeJson } from './report.ts'
import { type CommonOptions, outputOptions, type Verb, verb, type VerbCx } from './verb.ts'

type Part = (cx: VerbCx, options: CommonOptions) => Promise<ExitCode>

export const engineVerb: Verb = (cx) => {
  const part = (name: string, summary: string, parts: Readonly<Record<Target, Part>>): Command =>
    outputOptions(
      new Command(name).description(summary).addArgument(new Argument('[engine]', 'which one').choices(['envoy', 'nginx']).default('envoy')),
    ).action(async (engine: Target, options: CommonOptions) => cx.exit(await parts[engine](cx, options)))
  return verb({
    name: 'engine',
    summary: 'fetch or find the Envoy or nginx that sluice drives, or lead an Envoy of your own to it',
    examples: [
      ['engine install', 'fetch the pinned Envoy once, checked by its hash'],
      ['engine install nginx', 'find an nginx with Lua, or unpack that of Debian without root rights'],
      ['$(sluice engine path) --version', 'run it yourself'],
      ['engine bootstrap --xds 127.0.0.1:9901 > envoy.json', 'the file that leads an Envoy of your own to `sluice serve`'],
    ],
    notes:
      `Envoy ${envoyRelease.version} is looked for in ENVOY_BIN, in the cache, then on PATH.\n` +
      'nginx 1.22 or later with the Lua module, or OpenResty 1.27 or later, is looked for in NGINX_BIN, on PATH, then in the cache.',
  })
    .addCommand(part('install', 'find the engine, or fetch it into the cache', { envoy: install, nginx: installNginxEngine }))
    .addCommand(part('path', 'print where the engine is; 69 when it is not there', { envoy: path, nginx: nginxPath }))
    .addCommand(part('version', 'print which version is there; 69 when none is', { envoy: version, nginx: nginxVersion }))
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
