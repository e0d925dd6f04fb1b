import type { LowerCx, NodeDraft } from '../../feature.ts'
import { parsePercent } from '../../lib/parse-percent.ts'
import { type Attribute, hashKeys } from '../../model/attribute.ts'
import { readAttribute } from '../../model/read-attribute.ts'
import { readDuration } from '../../model/read-duration.ts'
import type { Strategy, Written, WrittenFields } from './config.ts'

export interface Balancing {
  readonly strategy: Strategy
  /** Only with ring-hash and maglev. */
  readonly key?: Attribute
  /** Milliseconds, at most a day; only with strategies that take weights at each choice. */
  readonly slowStart?: number
  /** Percent above 0; absent: it never panics. */
  readonly panicBelow?: number
  /** Only with least-request and peak-load. */
  readonly choices?: number
  /** Milliseconds; only with peak-load. */
  readonly reportsExpire?: number
  readonly zones?: Zones
}

export interface Zones {
  /** The preferred first. */
  readonly prefer: readonly string[]
  /** Percent of healthy endpoints from which on a zone carries everything. */
  readonly spillBelow: number
}

const hashing: readonly Strategy[] = ['ring-hash', 'maglev']
const byLoad: readonly Strategy[] = ['least-request', 'peak-load']
const gradual: readonly Strategy[] = ['round-robin', ...byLoad]

/** As long as the nginx runtime remembers when an endpoint appeared. */
const longestSlowStart = 86_400_000

export function lower(value: unknown, _node: NodeDraft, cx: LowerCx): Balancing {
  const written = value as Written
  if (typeof written === 'string') return lowerFields({ strategy: written }, cx)
  return lowerFields(written, cx)
}

function lowerFields(written: WrittenFields, cx: LowerCx): Balancing {
  const { strategy = 'round-robin', choices, zones } = written
  reportMisfits(strategy, written, cx)
  const key = written.key === undefined ? undefined : readAttribute(written.key, hashKeys, ['balancing', 'key'], cx)
  const slowStart = written.slowStart === undefined ? undefined : readSlowStart(written.slowStart, cx)
  const panicBelow = parsePercent(written.panicBelow ?? '0%') ?? 0
  return {
    strategy,
    ...(key ? { key } : {}),
    ...(slowStart === undefined ? {} : { slowStart }),
    ...(panicBelow > 0 ? { panicBelow } : {}),
    ...(choices === undefined ? {} : { choices }),
    ...(written.reportsExpire === undefined ? {} : { reportsExpire: readDuration(written.reportsExpire, ['balancing', 'reportsExpire'], cx) }),
    ...(zones ? { zones: lowerZones(zones, cx) } : {}),
  }
}

function lowerZones({ prefer, spillBelow = '70%' }: NonNullable<WrittenFields['zones']>, cx: LowerCx): Zones {
  const share = parsePercent(spillBelow) ?? 70
  if (share >= 1) return { prefer, spillBelow: share }
  const help = 'write at least 1%; to use other zones only when no endpoint of the preferred one is healthy, 1% is right'
  cx.report({ code: 'balancing/bad-spill', message: `a zone cannot spill below ${spillBelow}`, path: ['balancing', 'zones', 'spillBelow'], help })
  return { prefer, spillBelow: 1 }
}

function readSlowStart(text: string, cx: LowerCx): number {
  const ms = readDuration(text, ['balancing', 'slowStart'], cx)
  if (ms <= longestSlowStart) return ms
  cx.report({ code: 'config/duration-out-of-range', message: `${text} is out of range: it must be at most 24h`, path: ['balancing', 'slowStart'] })
  return longestSlowStart
}

function reportMisfits(strategy: Strategy, written: WrittenFields, cx: LowerCx): void {
  if (hashing.includes(strategy) && written.key === undefined) {
    cx.report({
      code: 'balancing/missing-key',
      message: `${strategy} needs to know what to hash`,
      path: ['balancing'],
      help: `write {strategy: ${strategy}, key: client.ip}, or another attribute`,
    })
  }
  if (!hashing.includes(strategy) && written.key !== undefined) {
    cx.report({
      code: 'balancing/unused-key',
      message: `${strategy} takes no key`,
      path: ['balancing', 'key'],
      side: 'key',
      help: 'use ring-hash or maglev, or leave `key` out',
    })
  }
  if (written.slowStart !== undefined && !gradual.includes(strategy)) reportUnused('slowStart', strategy, gradual, cx)
  if (written.reportsExpire !== undefined && strategy !== 'peak-load') reportUnused('reportsExpire', strategy, ['peak-load'], cx)
  if (written.choices !== undefined && !byLoad.includes(strategy)) reportUnused('choices', strategy, byLoad, cx)
}

function reportUnused(option: string, strategy: Strategy, takers: readonly Strategy[], cx: LowerCx): void {
  cx.report({
    code: 'balancing/unused-option',
    message: `${strategy} takes no ${option}`,
    path: ['balancing', option],
    side: 'key',
    help: `use ${takers.join(', ')}, or leave \`${option}\` out`,
  })
}
