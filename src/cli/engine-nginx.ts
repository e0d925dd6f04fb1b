import { findNginx, installNginx, type NginxBinary } from '../engine/nginx-install.ts'
import { productOf } from '../nginx/conf.ts'
import { exit, type ExitCode, Stop } from './exit.ts'
import { writeJson } from './report.ts'
import type { CommonOptions, VerbCx } from './verb.ts'

export async function installNginxEngine({ io }: VerbCx, { format, quiet }: CommonOptions): Promise<ExitCode> {
  const binary = await installNginx((line) => void (quiet || io.stderr.write(`${line}\n`)), io.env)
  if (format === 'json') writeJson(io, { schemaVersion: 1, ...binary })
  else io.stdout.write(`${binary.path}\n`)
  return exit.ok
}

export async function nginxPath({ io }: VerbCx, { format }: CommonOptions): Promise<ExitCode> {
  const binary = await found(io.env)
  if (format === 'json') writeJson(io, { schemaVersion: 1, ...binary })
  else io.stdout.write(`${binary.path}\n`)
  return exit.ok
}

export async function nginxVersion({ io }: VerbCx, { format }: CommonOptions): Promise<ExitCode> {
  const binary = await found(io.env)
  if (format === 'json') writeJson(io, { schemaVersion: 1, ...binary })
  else io.stdout.write(`${productOf(binary.profile) === 'openresty' ? 'openresty ' : ''}${binary.version}\n`)
  return exit.ok
}

async function found(env: NodeJS.ProcessEnv): Promise<NginxBinary> {
  const binary = await findNginx(env)
  if (!binary) throw new Stop(exit.unavailable, 'no nginx with the Lua module is here; `sluice engine install nginx` fetches one')
  return binary
}
