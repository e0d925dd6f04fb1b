import { execFile } from 'node:child_process'
import { EngineUnavailable } from './engine-unavailable.ts'

/** Version that a binary reports, such as `1.40.0`; undefined when it is no Envoy. */
export async function envoyVersion(path: string): Promise<string | undefined> {
  const { stdout } = await versionOutput(path)
  return /\/(\d+\.\d+\.\d+)[^/]*\//.exec(stdout)?.[1]
}

/** Like envoyVersion; rejects with EngineUnavailable, and why, when the binary does not run here. */
export async function requireVersion(path: string): Promise<string> {
  const version = await envoyVersion(path)
  if (version !== undefined) return version
  const { stderr } = await versionOutput(path)
  const glibc = /version [`'"]?(GLIBC_[\d.]+)[`'"]? not found/.exec(stderr)?.[1]
  if (glibc)
    throw new EngineUnavailable(
      `${path} needs ${glibc.replace('_', ' ')} or newer, which this system does not have; use a newer system or the container image`,
    )
  if (/ENOENT/.test(stderr))
    throw new EngineUnavailable(
      `${path} does not start: its loader is missing. The Envoy binary needs glibc 2.31 or newer (it does not run on Alpine)`,
    )
  throw new EngineUnavailable(`${path} does not answer to --version like an Envoy${stderr.trim() ? `: ${stderr.trim().split('\n')[0]}` : ''}`)
}

function versionOutput(path: string): Promise<{ stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(path, ['--version'], { timeout: 20_000 }, (error, stdout, stderr) => {
      resolve({ stdout, stderr: stderr || (error && typeof error.code === 'string' ? error.message : '') })
    })
  })
}

/** -1, 0 or 1: is the release line (major and minor) of `version` older than, equal to or newer than that of `wanted`. */
export function compareLine(version: string, wanted: string): -1 | 0 | 1 {
  const [a = 0, b = 0] = version.split('.').map(Number)
  const [c = 0, d = 0] = wanted.split('.').map(Number)
  const difference = a - c || b - d
  return difference < 0 ? -1 : difference > 0 ? 1 : 0
}
