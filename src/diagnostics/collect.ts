import type { Diagnostic, Severity } from './diagnostic.ts'
import type { FindPosition, Position } from './position.ts'

/** A finding with its position looked up. */
export interface Located {
  readonly diagnostic: Diagnostic
  readonly position: Position | undefined
  /** The line must not be shown: this finding or another one on it is sensitive. */
  readonly hideLine?: boolean
}

export interface Collected {
  /** At most `limit` findings, errors kept before warnings, in the order of files and lines. */
  readonly shown: readonly Located[]
  /** How many more there are. */
  readonly hidden: number
  /** All of them, also the hidden ones. */
  readonly counts: Readonly<Record<Severity, number>>
}

const rank: Readonly<Record<Severity, number>> = { error: 0, warning: 1, info: 2 }

/** How many findings are shown before the rest is only counted. */
const floodLimit = 100

/** Removes repetitions, cuts a flood, and puts the rest in reading order. Only what is shown is looked up in its file. */
export function collect(diagnostics: readonly Diagnostic[], find: FindPosition, limit = floodLimit): Collected {
  const distinct = withoutAsides([...new Map(diagnostics.map((diagnostic) => [identity(diagnostic), diagnostic])).values()])
  const counts = { error: 0, warning: 0, info: 0 }
  for (const { severity } of distinct) counts[severity]++
  const kept = distinct.toSorted((a, b) => rank[a.severity] - rank[b.severity]).slice(0, limit)
  const lineOf = ({ at }: Diagnostic, position: Position | undefined): string => `${at?.file} ${position?.line}`
  const sensitive = new Set(distinct.filter((one) => one.sensitive).map((one) => lineOf(one, one.at && find(one.at))))
  const located = kept.map((diagnostic) => {
    const position = diagnostic.at && find(diagnostic.at)
    return { diagnostic, position, hideLine: sensitive.has(lineOf(diagnostic, position)) }
  })
  // What is written once and used through aliases is wrong once.
  const shown = [...new Map(located.toReversed().map((one) => [spot(one), one])).values()].sort(byPlace)
  const seen = new Set(shown)
  for (const one of located) if (!seen.has(one)) counts[one.diagnostic.severity]--
  return { shown, hidden: distinct.length - kept.length, counts }
}

/** Errors stand alone: a note about what works is for a gateway that works. What YAML misread is not told again as a value of the wrong type. */
function withoutAsides(distinct: readonly Diagnostic[]): readonly Diagnostic[] {
  if (!distinct.some(({ severity }) => severity === 'error')) return distinct
  const place = ({ at }: Diagnostic): string => JSON.stringify([at?.file, at?.path])
  const misread = new Set(distinct.filter(({ code }) => code === 'yaml/old-boolean').map(place))
  return distinct.filter((one) => one.severity !== 'info' && !(one.code === 'config/wrong-type' && misread.has(place(one))))
}

function identity({ code, message, at }: Diagnostic): string {
  return JSON.stringify([code, message, at?.file, at?.path, at?.side, at?.offset])
}

function spot({ diagnostic, position }: Located): unknown {
  if (!position) return diagnostic
  return JSON.stringify([diagnostic.code, diagnostic.message, diagnostic.at?.file, position.line, position.column])
}

function byPlace(a: Located, b: Located): number {
  const [fileA, fileB] = [a.diagnostic.at?.file ?? '', b.diagnostic.at?.file ?? '']
  if (fileA !== fileB) return fileA < fileB ? -1 : 1
  const line = (a.position?.line ?? 0) - (b.position?.line ?? 0)
  return line || (a.position?.column ?? 0) - (b.position?.column ?? 0) || rank[a.diagnostic.severity] - rank[b.diagnostic.severity]
}
