import type { Path } from '../../diagnostics/diagnostic.ts'
import type { LowerCx, NodeDraft } from '../../feature.ts'
import { dateText, parseDate } from './dates.ts'
import type { Selector, Written, WrittenPolicy } from './config.ts'

/** Dates in milliseconds, midnight UTC. */
export interface RouteVersion {
  readonly version: string
  readonly by: Selector
  readonly default: boolean
  readonly deprecated?: number
  readonly sunset?: number
  /** By relation type: `deprecation`, `sunset`, `successor-version`. */
  readonly links: Readonly<Record<string, string>>
}

export interface VersionPolicy {
  readonly supportMonths: number
  readonly noticeMonths: number
}

export type ApiVersion = RouteVersion | VersionPolicy

export const defaultPolicy: VersionPolicy = { supportMonths: 12, noticeMonths: 6 }

export function lower(value: unknown, node: NodeDraft, cx: LowerCx): ApiVersion | undefined {
  return node.kind === 'gateway' ? lowerPolicy(value as WrittenPolicy, cx) : lowerVersion(value as Written, cx)
}

function lowerPolicy(written: WrittenPolicy, cx: LowerCx): VersionPolicy {
  const policy = { ...defaultPolicy, ...written }
  if (policy.noticeMonths > policy.supportMonths) {
    cx.report({
      code: 'api-version/policy-order',
      message: `a notice of ${policy.noticeMonths} months does not fit into a support of ${policy.supportMonths}`,
      path: ['apiVersions', 'noticeMonths'],
    })
  }
  return policy
}

function lowerVersion(written: Written, cx: LowerCx): RouteVersion {
  const { by = 'path', links = {} } = written
  const version = String(written.version)
  const deprecated = readDate(written.deprecated, ['apiVersion', 'deprecated'], cx)
  const sunset = readDate(written.sunset, ['apiVersion', 'sunset'], cx)
  if (by === 'api-version' && parseDate(version) === undefined) {
    const help = 'write the day on which the version was published, such as 2026-03-01'
    cx.report({
      code: 'api-version/bad-date',
      message: `"${version}" is no date, and API-Version carries one`,
      path: ['apiVersion', 'version'],
      help,
    })
  }
  if (by === 'path' && written.default) {
    const help = 'leave it out, or use `by: accept` or `by: api-version`'
    cx.report({ code: 'api-version/default-by-path', message: 'a path always names its version', path: ['apiVersion', 'default'], side: 'key', help })
  }
  if (deprecated !== undefined && sunset !== undefined && sunset <= deprecated) {
    cx.report({ code: 'api-version/order', message: 'the version ends before it is deprecated', path: ['apiVersion', 'sunset'] })
  }
  const relations = { deprecation: links.deprecation, sunset: links.sunset, 'successor-version': links.successor }
  return {
    version,
    by,
    default: written.default ?? false,
    ...(deprecated !== undefined && { deprecated }),
    ...(sunset !== undefined && { sunset }),
    links: Object.fromEntries(Object.entries(relations).flatMap(([relation, url]) => (url === undefined ? [] : [[relation, url]]))),
  }
}

function readDate(text: string | undefined, path: Path, cx: LowerCx): number | undefined {
  const date = text === undefined ? undefined : parseDate(text)
  if (text !== undefined && date === undefined) cx.report({ code: 'api-version/bad-date', message: `there is no day ${text}`, path })
  return date
}

export function written(value: ApiVersion): unknown {
  if (!('version' in value)) return value
  const { deprecated, sunset, links, ...rest } = value
  const { 'successor-version': successor, ...others } = links
  return {
    ...rest,
    ...(deprecated !== undefined && { deprecated: dateText(deprecated) }),
    ...(sunset !== undefined && { sunset: dateText(sunset) }),
    links: { ...others, ...(successor !== undefined && { successor }) },
  }
}
