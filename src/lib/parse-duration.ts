const factors: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** The largest duration that is accepted: 365 days, well inside what protobuf and timers hold. */
const maxDuration = 365 * 86_400_000

export const durationPattern = '^(0|[0-9]{1,15}(\\.[0-9]{1,6})?(ms|s|m|h|d))$'

/** Reads `250ms`, `1.5s`, `5m`, `1h` or `0` as milliseconds, which may be a fraction; undefined when it is none or longer than 365 days. */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0
  const parts = /^([0-9]{1,15}(?:\.[0-9]{1,6})?)(ms|s|m|h|d)$/.exec(text)
  if (!parts) return undefined
  const value = Math.round(Number(parts[1]) * (factors[parts[2] ?? ''] ?? Number.NaN) * 1e6) / 1e6
  return value <= maxDuration ? value : undefined
}
