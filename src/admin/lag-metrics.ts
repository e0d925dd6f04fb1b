import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Gauge, type Registry } from 'prom-client'

/** How often the loop is looked at, in milliseconds. */
const resolution = 10

/** How late the event loop runs its timers, since the last time the metrics were read. */
export function lagMetrics(registry: Registry): { readonly close: () => void } {
  const delay = monitorEventLoopDelay({ resolution })
  delay.enable()
  new Gauge({
    name: 'sluice_event_loop_lag_seconds',
    help: 'How late the event loop was since the last scrape: p50, p99 and max.',
    labelNames: ['stat'],
    registers: [registry],
    collect() {
      // The histogram holds whole intervals, the resolution with them; it is empty when read twice in a moment.
      const lag = (nanoseconds: number): number => (delay.count === 0 ? 0 : Math.max(0, nanoseconds / 1e9 - resolution / 1e3))
      this.set({ stat: 'p50' }, lag(delay.percentile(50)))
      this.set({ stat: 'p99' }, lag(delay.percentile(99)))
      this.set({ stat: 'max' }, lag(delay.max))
      delay.reset()
    },
  })
  return { close: () => delay.disable() }
}
