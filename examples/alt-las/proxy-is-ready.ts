import { setTimeout as delay } from 'node:timers/promises'
import { askAdmin, isMap } from '../../src/cli/admin-client.ts'

/** Waits until the admin API says that the proxy serves, and gives the proxy's process id; undefined when `ended` comes before. */
export async function proxyIsReady(admin: string, ended: AbortSignal): Promise<string | undefined> {
  while (!ended.aborted) {
    const health = await askAdmin({ address: admin }, '/health/detailed').catch(() => undefined) // nobody listens yet
    const pid = isMap(health) && health['status'] !== 'down' && isMap(health['engine']) ? /^pid (\d+)/.exec(String(health['engine']['detail'])) : null
    if (pid) return pid[1]
    await delay(50)
  }
  return undefined
}
