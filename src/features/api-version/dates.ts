/** Midnight UTC of `2026-01-15`, in milliseconds; undefined when there is no such day. */
export function parseDate(text: string): number | undefined {
  const ms = Date.parse(`${text}T00:00:00Z`)
  return Number.isNaN(ms) || dateText(ms) !== text ? undefined : ms
}

/** `2026-01-15` */
export function dateText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}

/** The same day some months later or earlier; the last day of a month that is too short. */
export function plusMonths(ms: number, months: number): number {
  const date = new Date(ms)
  const target = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1))
  const last = new Date(Date.UTC(target.getUTCFullYear(), target.getUTCMonth() + 1, 0)).getUTCDate()
  return target.setUTCDate(Math.min(date.getUTCDate(), last))
}
