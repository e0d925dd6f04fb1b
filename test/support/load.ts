import { setTimeout as delay } from 'node:timers/promises'
import { Agent } from 'undici'

/** One request that did not end as expected. `what` is the status and the begin of the body, or the error when there was none. */
export interface Failure {
  readonly path: string
  readonly what: string
  /** Milliseconds since the load began. */
  readonly at: number
}

export interface LoadResult {
  readonly requests: number
  readonly failures: readonly Failure[]
}

export interface LoadOptions {
  readonly port: number
  /** Path of the nth request. */
  readonly path: (index: number) => string
  /** Requests per second; default 400. */
  readonly rate?: number
  /** Statuses that are no failure; default 200 only. */
  readonly expect?: readonly number[]
  readonly host?: string
}

export interface Load {
  /** Requests that were sent so far. */
  sent(): number
  /** Resolves when every request that was sent so far has ended. */
  answered(): Promise<void>
  /** Ends the load and waits for the answers that are still under way. */
  stop(): Promise<LoadResult>
}

/** Sends requests at a constant rate over keep-alive connections, whatever the answers take, and records every one that did not end as expected. */
export function startLoad({ port, path, rate = 400, expect = [200], host = 'localhost' }: LoadOptions): Load {
  const agent = new Agent({ connections: 32, keepAliveTimeout: 60_000, headersTimeout: 60_000, bodyTimeout: 60_000, pipelining: 1 })
  const origin = `http://127.0.0.1:${port}`
  const start = performance.now()
  const failures: Failure[] = []
  const open = new Set<Promise<void>>()
  let sent = 0
  let running = true
  const one = async (target: string): Promise<void> => {
    try {
      const { statusCode, body } = await agent.request({ origin, path: target, method: 'GET', headers: { host } })
      const text = await body.text()
      if (!expect.includes(statusCode))
        failures.push({ path: target, what: `${statusCode} ${text.slice(0, 200)}`, at: Math.round(performance.now() - start) })
    } catch (error) {
      failures.push({
        path: target,
        what: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
        at: Math.round(performance.now() - start),
      })
    }
  }
  const pump = (async () => {
    while (running) {
      for (const due = ((performance.now() - start) / 1_000) * rate; sent < due && open.size < 500;) {
        const answer: Promise<void> = one(path(sent++)).finally(() => open.delete(answer))
        open.add(answer)
      }
      await delay(2)
    }
  })()
  return {
    sent: () => sent,
    answered: async () => void (await Promise.all(open)),
    async stop() {
      running = false
      await pump
      await Promise.all(open)
      await agent.close()
      return { requests: sent, failures }
    },
  }
}
