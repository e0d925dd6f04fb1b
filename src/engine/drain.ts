import { setTimeout as delay } from 'node:timers/promises'
import type { EnvoyAdmin } from './envoy-admin.ts'

/**
 * Lets requests in progress finish: clients are told to leave (`connection: close`, GOAWAY), then this waits until no request is active, for at most `ms`.
 * Resolves with the number of requests that were still active then. A proxy that does not answer has nothing to drain.
 */
export async function drain(admin: EnvoyAdmin, ms: number): Promise<number> {
  const deadline = performance.now() + ms
  const asked = await admin.call('POST', '/drain_listeners?graceful&skip_exit').catch(() => undefined)
  if (asked?.status !== 200) return 0
  let active = await count(admin)
  let quiet = 0
  // Twice in a row: a request may have been on its way while its connection had not been told yet.
  while (quiet < 2 && performance.now() < deadline) {
    await delay(50)
    active = await count(admin)
    quiet = active === 0 ? quiet + 1 : 0
  }
  return active
}

function count(admin: EnvoyAdmin): Promise<number> {
  return admin.activeRequests().catch(() => 0)
}
