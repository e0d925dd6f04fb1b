import { setTimeout as delay } from 'node:timers/promises'
import type { EngineProcess } from './engine-process.ts'
import type { NginxAdmin } from './nginx-admin.ts'

/**
 * Lets requests in progress finish, for at most `ms`, and ends nginx. First clients are told to leave (`connection: close`) while the ports still answer;
 * when no request is active, or half of the time is over, the ports are closed, and what is still active gets the rest of the time.
 * Resolves with false when something had to be cut.
 */
export async function drainNginx(admin: NginxAdmin, process: EngineProcess, ms: number): Promise<boolean> {
  const start = performance.now()
  await admin.drain().then(
    () => quiet(admin, start + ms / 2),
    () => undefined, // an nginx that does not answer has nothing to drain
  )
  process.signal('SIGQUIT')
  const over = new AbortController()
  const left = Math.max(1, start + ms - performance.now())
  const ended = await Promise.race([process.exited.then(() => true), delay(left, false, { signal: over.signal })])
  over.abort()
  if (!ended) await process.end()
  process.signalGroup('SIGKILL')
  return ended
}

/** Waits until no request is active, seen twice in a row: one may be on its way while its connection has not been told yet. */
async function quiet(admin: NginxAdmin, deadline: number): Promise<void> {
  for (let inRow = 0; inRow < 2 && performance.now() < deadline;) {
    const { active } = await admin.status().catch(() => ({ active: 0 }))
    inRow = active === 0 ? inRow + 1 : 0
    await delay(Math.min(50, Math.max(1, deadline - performance.now())))
  }
}
