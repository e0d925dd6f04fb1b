import type { FleetEvent } from '../live/fleet.ts'
import type { Culprits } from './culprits.ts'
import { describeRejection, type RejectionLine } from './describe-rejection.ts'
import type { History } from './history.ts'
import type { Metrics } from './metrics.ts'
import type { AdminSource } from './source.ts'

interface Observers {
  readonly history: History
  readonly culprits: Culprits
  readonly metrics: Metrics
  readonly onRejection: (line: RejectionLine) => void
  readonly logError: (error: Error) => void
}

/** Follows what happens from now on, and what is remembered of before. Returns the function that ends it. */
export function observe(source: AdminSource, { history, culprits, metrics, onRejection, logError }: Observers): () => void {
  const seen = (event: FleetEvent): void => {
    history.now()
    metrics.observe(event)
    if (event.kind === 'rejected') onRejection(describeRejection(source.target, event.proxy, event.rejection, culprits.of(event.rejection)))
  }
  history.now()
  for (const event of source.events) metrics.followed(event)
  const ends = [
    source.onEvent((event) => metrics.followed(event)),
    source.fleet.onEvent((event) => {
      try {
        seen(event)
      } catch (error) {
        // Whoever looks on must not stop the stream that it looks at.
        logError(error instanceof Error ? error : new Error(String(error)))
      }
    }),
  ]
  return () => ends.forEach((end) => end())
}
