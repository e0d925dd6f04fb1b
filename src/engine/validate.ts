import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { envoyArguments } from './envoy-arguments.ts'
import { withoutDumps } from '../lib/proto-dump.ts'

/** What Envoy says about a configuration: nothing against it, or the reason, without its own file names and log prefixes. */
export type EnvoyVerdict = { readonly ok: true } | { readonly ok: false; readonly message: string }

/**
 * Runs `envoy --mode validate` on the text of a static bootstrap, in a directory of its own that is removed afterwards.
 * No port is opened and nothing is resolved. Files that the text names (certificates) must exist.
 * Rejects only when the binary itself cannot be run or takes longer than `timeoutMs` (default 60 s).
 */
export async function validateWithEnvoy(
  binary: string,
  bootstrap: string,
  options: { readonly timeoutMs?: number; readonly signal?: AbortSignal } = {},
): Promise<EnvoyVerdict> {
  const dir = await mkdtemp(join(tmpdir(), 'sluice-validate-'))
  const configPath = join(dir, 'envoy.json')
  try {
    await writeFile(configPath, bootstrap, { mode: 0o600 })
    const args = [...envoyArguments({ configPath, concurrency: 1, logLevel: 'error' }), '--mode', 'validate']
    return await verdict(binary, args, configPath, options)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

function verdict(
  binary: string,
  args: readonly string[],
  configPath: string,
  options: { readonly timeoutMs?: number; readonly signal?: AbortSignal },
): Promise<EnvoyVerdict> {
  const limits = {
    timeout: options.timeoutMs ?? 60_000,
    killSignal: 'SIGKILL',
    maxBuffer: 16 * 1024 * 1024,
    ...(options.signal && { signal: options.signal }),
  } as const
  return new Promise((resolve, reject) => {
    execFile(binary, args, limits, (error, stdout, stderr) => {
      if (!error) resolve({ ok: true })
      else if (typeof error.code !== 'number') reject(error.killed ? new Error(`${binary} did not finish within ${limits.timeout} ms`) : error)
      else resolve({ ok: false, message: reasonIn(`${stderr}\n${stdout}`, configPath) })
    })
  })
}

/** The sentence that matters in Envoy's output, without any part of the configuration that it quotes. */
export function reasonIn(output: string, configPath: string): string {
  const lines = withoutDumps(output)
    .split('\n')
    .map((line) => line.replace(/^\[[^\]]*\](\[[^\]]*\])* (\[[^\]]*\] )?/, '').trim())
    .filter((line) => line !== '')
  const start = lines.findIndex((line) => line.startsWith('error initializing'))
  const text = (start === -1 ? lines : lines.slice(start)).join('\n')
  const quoted = /^(Unable to parse (?:JSON|YAML) as proto \(.*?\)): [\s\S]*/
  return text
    .replaceAll(`error initializing configuration '${configPath}': `, '')
    .replace(quoted, '$1')
    .replaceAll(configPath, 'the configuration')
    .trim()
}
