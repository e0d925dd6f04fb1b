import { setTimeout as delay } from 'node:timers/promises'
import type { EnvoyAdmin } from './envoy-admin.ts'

/**
 * Lets requests in progress finish, for at most `ms`. First clients are told to leave (`connection: close`, GOAWAY) while the ports still answer;
 * when no request is active, or half of the time is over, the ports are closed, and what is still active gets the rest of the time.
 * Resolves with the number of requests that were active at the end. A proxy that does not answer has nothing to drain.
 */
export async function drain(admin: EnvoyAdmin, ms: number): Promise<number> {
  const start = performance.now()
  if (!(await ask(admin, '/drain_listeners?graceful&skip_exit'))) return 0
  await quiet(admin, start + ms / 2)
  // A new connection is now refused, which a client can safely try elsewhere, instead of being cut in the middle of an answer.
  if (!(await ask(admin, '/drain_listeners'))) return 0
  return quiet(admin, start + ms)
}

async function ask(admin: EnvoyAdmin, path: string): Promise<boolean> {
  const reply = await admin.call('POST', path).catch(() => undefined)
  return reply?.status === 200
}

/** Waits until no request is active, seen twice in a row: one may be on its way while its connection has not been told yet. */
async function quiet(admin: EnvoyAdmin, deadline: number): Promise<number> {
  for (let inRow = 0; ;) {
    const active = await admin.activeRequests().catch(() => 0)
    inRow = active === 0 ? inRow + 1 : 0
    if (inRow === 2 || performance.now() >= deadline) return active
    await delay(Math.min(50, Math.max(1, deadline - performance.now())))
  }
}
