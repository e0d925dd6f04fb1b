import { setTimeout as delay } from 'node:timers/promises'
import { configState } from './config-state.ts'
import type { AdminContext } from './context.ts'

/** Why it is not ready, and why it is ready but not well. */
export interface Readiness {
  readonly missing: readonly string[]
  readonly degraded: readonly string[]
}

/** How long the supervised proxy may take to say whether it is ready. */
const answerMs = 1_000

export async function readiness(cx: AdminContext): Promise<Readiness> {
  const config = configState(cx.source, cx.history)
  const missing: string[] = []
  if (config.state === 'none') missing.push(`no configuration is published: ${config.reason}`)
  const proxy = await proxyReady(cx)
  if (proxy !== true) missing.push(proxy)
  const degraded = config.state === 'last-good' || config.state === 'held' ? [`serving the last good configuration: ${config.reason}`] : []
  return { missing, degraded }
}

async function proxyReady({ ready, logError }: AdminContext): Promise<true | string> {
  if (!ready) return true
  const over = new AbortController()
  try {
    const answer = await Promise.race([ready(), delay(answerMs, undefined, { signal: over.signal })])
    if (answer === undefined) return `the proxy has not said within ${answerMs} ms whether it is ready`
    return answer || 'the proxy has not accepted the configuration yet'
  } catch (error) {
    logError(error instanceof Error ? error : new Error(String(error)))
    return 'the state of the proxy is not known'
  } finally {
    over.abort()
  }
}
