export interface Rate {
  readonly count: number
  readonly perMs: number
}

const units: Readonly<Record<string, number>> = {
  s: 1000,
  sec: 1000,
  min: 60_000,
  m: 60_000,
  h: 3_600_000,
  hour: 3_600_000,
  day: 86_400_000,
  d: 86_400_000,
}

export const ratePattern = '^[1-9][0-9]{0,8}/(s|sec|m|min|h|hour|d|day)$'

/** Reads `100/min` as 100 per 60,000 ms; undefined when it is no rate. */
export function parseRate(text: string): Rate | undefined {
  const parts = /^([1-9][0-9]{0,8})\/(s|sec|m|min|h|hour|d|day)$/.exec(text)
  return parts ? { count: Number(parts[1]), perMs: units[parts[2] ?? ''] ?? Number.NaN } : undefined
}
