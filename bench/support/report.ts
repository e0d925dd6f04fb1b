import { loadavg } from 'node:os'

/** How a bench is run: `quick` takes small sizes and few rounds, to try the bench itself. */
export interface BenchOptions {
  readonly quick: boolean
}

export type Bench = (options: BenchOptions) => Promise<void>

type Cell = string | number

/** Prints a table in Markdown. Numbers get as many digits as are worth reading. */
export function printTable(title: string, head: readonly string[], rows: readonly (readonly Cell[])[]): void {
  const line = (cells: readonly Cell[]): string => `| ${cells.map((cell) => (typeof cell === 'number' ? digits(cell) : cell)).join(' | ')} |`
  console.log(`\n**${title}**\n`)
  console.log([line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n'))
}

/** Prints whether a figure is within its target. A missed one is told, not thrown: the next figures are wanted as well. */
export function target(what: string, measured: number, limit: number, unit = ''): void {
  const verdict = measured <= limit ? 'met' : 'missed'
  console.log(`\ntarget ${what} <= ${limit}${unit && ` ${unit}`}: ${verdict} (${digits(measured)}${unit && ` ${unit}`})`)
}

/** What the machine was doing otherwise: with much of it, only ratios and CPU time count. */
export function load(): string {
  return loadavg()
    .map((value) => value.toFixed(1))
    .join(' ')
}

export function digits(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  if (Number.isInteger(value)) return value.toLocaleString('en')
  const size = Math.abs(value)
  return size >= 1000 ? Math.round(value).toLocaleString('en') : size >= 100 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : value.toFixed(2)
}

/** `2.10 (1.98–2.40)`: median and range. */
export function spread(values: readonly number[]): string {
  return `${digits(median(values))} (${digits(Math.min(...values))}–${digits(Math.max(...values))})`
}

export function median(values: readonly number[]): number {
  return percentile(values, 50)
}

/** Nearest rank; NaN without values. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? NaN
}
