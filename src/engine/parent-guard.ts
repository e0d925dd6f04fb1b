import { spawn } from 'node:child_process'

/**
 * Reads its standard input, which ends when this process dies in whatever way, `kill -9` included; then it ends the proxy: SIGTERM, after 5 s SIGKILL, to
 * its workers as well when it leads a process group. The word `done` makes it leave without doing anything. Node has no PR_SET_PDEATHSIG, hence this shell.
 */
const script = `
  read -r word
  [ "$word" = done ] && exit 0
  kill -TERM "$1" 2>/dev/null || exit 0
  for i in 1 2 3 4 5; do sleep 1; kill -0 "$1" 2>/dev/null || exit 0; done
  kill -KILL -"$1" 2>/dev/null
  kill -KILL "$1" 2>/dev/null
`

/** Sees to it that process `pid` does not outlive this one. Call the returned function as soon as `pid` has ended. */
export function guardChild(pid: number): () => void {
  const guard = spawn('/bin/sh', ['-c', script, 'sluice-guard', String(pid)], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  // Without a shell the proxy could only outlive a `kill -9`; every orderly end is handled by the supervisor itself.
  guard.on('error', () => {})
  guard.stdin.on('error', () => {})
  guard.unref()
  return () => guard.stdin.end('done\n')
}
