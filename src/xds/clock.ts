/** Time as the server sees it. Injected, so that every timer can be tested without waiting. */
export interface Clock {
  /** Milliseconds since 1970; never goes backwards. */
  now(): number
  /** Runs once after `ms` unless the returned function is called first. */
  after(ms: number, run: () => void): () => void
}

export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, Math.max(0, ms))
    timer.unref()
    return () => clearTimeout(timer)
  },
}
