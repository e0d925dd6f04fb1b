/** How a proxy process is started. */
export interface EnvoyProcessOptions {
  /** Bootstrap file; `.json` or `.yaml`. */
  readonly configPath: string
  /** Worker threads; default: as many as the machine (or the cgroup) has cores. */
  readonly concurrency?: number
  /** How long connections may take to leave after a drain begins; default 30 s. */
  readonly drainSeconds?: number
  /** How long a line of the access log may wait in memory; default 1000 ms. */
  readonly logFlushMs?: number
  readonly logLevel?: 'trace' | 'debug' | 'info' | 'warning' | 'error'
}

/**
 * Command line of Envoy. Hot restart is off: xDS makes it needless, and it would make two gateways on one machine share memory by accident.
 * Unknown fields are refused, so that a setting is never silently dropped.
 */
export function envoyArguments(options: EnvoyProcessOptions): string[] {
  return [
    ...['--config-path', options.configPath],
    ...['--disable-hot-restart', '--reject-unknown-dynamic-fields'],
    ...['--drain-time-s', String(options.drainSeconds ?? 30), '--drain-strategy', 'immediate'],
    ...['--file-flush-interval-msec', String(options.logFlushMs ?? 1000)],
    ...['--log-level', options.logLevel ?? 'warning'],
    // Otherwise every start and every push repeats that two filters are marked work-in-progress.
    ...(options.logLevel === 'debug' || options.logLevel === 'trace' ? [] : ['--component-log-level', 'misc:error']),
    ...(options.concurrency === undefined ? [] : ['--concurrency', String(options.concurrency)]),
  ]
}
