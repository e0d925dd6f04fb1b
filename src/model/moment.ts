import type { Severity } from '../diagnostics/diagnostic.ts'

/** The time at which a gateway is judged, in milliseconds since 1970, and how bad a date that is over is: only a check of the file fails for it. */
export interface Moment {
  readonly now: number
  readonly overdue: Extract<Severity, 'error' | 'warning'>
}
