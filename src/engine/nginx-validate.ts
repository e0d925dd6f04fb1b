import { execFile } from 'node:child_process'
import type { NginxBinary } from './nginx-install.ts'

/**
 * Where nginx speaks before it has read its configuration. Without it OpenResty writes into the tree, or complains that it cannot, and says the rest in
 * other words. From nginx 1.19.5 on.
 */
export const logToStderr: readonly string[] = ['-e', 'stderr']

/** What nginx says about a tree: nothing against it, or the reason. */
export type NginxVerdict = { readonly ok: true } | { readonly ok: false; readonly message: string }

/**
 * Runs `nginx -t` on a tree that was written to `dir`. The Lua runtime starts and reads the state document, but no port is opened.
 * Rejects only when the binary itself cannot be run or takes longer than `timeoutMs` (default 60 s). `conf` is another file of the tree than `nginx.conf`.
 */
export function validateWithNginx(
  binary: NginxBinary,
  dir: string,
  { timeoutMs = 60_000, conf = 'nginx.conf' }: { readonly timeoutMs?: number; readonly conf?: string } = {},
): Promise<NginxVerdict> {
  const args = ['-t', '-q', '-p', dir, '-c', conf, ...logToStderr]
  const options = { cwd: dir, timeout: timeoutMs, killSignal: 'SIGKILL' } as const
  return new Promise((resolve, reject) => {
    execFile(binary.path, args, options, (error, _stdout, stderr) => {
      if (!error) resolve({ ok: true })
      else if (typeof error.code !== 'number') reject(error.killed ? new Error(`${binary.path} did not finish within ${timeoutMs} ms`) : error)
      else resolve({ ok: false, message: reasonIn(stderr, dir) })
    })
  })
}

/** The sentences that matter, without time, process and directory. */
function reasonIn(output: string, dir: string): string {
  const lines = output.split('\n').map((line) => plainLine(line, dir))
  const reasons = lines.filter((line) => line !== '' && !/^configuration file .* test failed$/.test(line))
  return (reasons.length > 0 ? reasons : lines).join('\n').trim()
}

/** A line of nginx's log without time, process and directory. */
export function plainLine(line: string, dir: string): string {
  return line.replace(/^nginx: |^\d{4}\/\d\d\/\d\d \S+ \[\w+\] \d+#\d+: /g, '').replaceAll(`${dir}/`, '')
}
