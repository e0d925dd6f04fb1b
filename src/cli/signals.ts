/** Signals that a serving process follows. */
export interface Signals {
  /** Resolves with the first SIGTERM or SIGINT. A second one ends the process at once. */
  readonly stop: Promise<'SIGTERM' | 'SIGINT'>
  release(): void
}

export function followSignals(hangup: () => void): Signals {
  let stopped = false
  let resolve: (signal: 'SIGTERM' | 'SIGINT') => void
  const stop = new Promise<'SIGTERM' | 'SIGINT'>((done) => (resolve = done))
  const end = (signal: 'SIGTERM' | 'SIGINT') => (): void => {
    // Exit handlers end the proxy; who asks twice does not want to wait for it to drain.
    if (stopped) process.exit(signal === 'SIGINT' ? 130 : 143)
    stopped = true
    resolve(signal)
  }
  const listeners = { SIGTERM: end('SIGTERM'), SIGINT: end('SIGINT'), SIGHUP: hangup } as const
  const signals = Object.keys(listeners) as (keyof typeof listeners)[]
  for (const signal of signals) process.on(signal, listeners[signal])
  return {
    stop,
    release: () => {
      for (const signal of signals) process.off(signal, listeners[signal])
    },
  }
}
