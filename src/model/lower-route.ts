import type { LowerCx } from '../feature.ts'
import type { Action, Policies, Route, Target } from './gateway.ts'
import { lowerMatches, type WrittenMatch } from './lower-match.ts'

type WrittenTarget = string | { service: string; weight?: number; labels?: Record<string, string> }
export interface WrittenRoute {
  group?: string
  owner?: string
  hosts?: string[]
  listeners?: string[]
  match?: WrittenMatch | WrittenMatch[]
  priority?: number
  to?: WrittenTarget | WrittenTarget[]
  [key: string]: unknown
}
export interface WrittenGroup {
  owner?: string
  hosts?: string[]
  listeners?: string[]
  policy?: Record<string, unknown>
}

/** Makes a route of what the user wrote; `action` is the feature whose key stands in the place of `to`. Undefined after a finding. */
export function lowerRoute(
  name: string,
  written: WrittenRoute,
  group: WrittenGroup | undefined,
  action: string | undefined,
  policies: Policies,
  cx: LowerCx,
): Route | undefined {
  const match = lowerMatches(written.match, cx)
  const hosts = lowerHosts(written, group, cx)
  if (match.length === 0 || !hosts) return undefined
  const owner = written.owner ?? group?.owner
  return {
    kind: 'route',
    name,
    ...(written.group === undefined ? {} : { group: written.group }),
    ...(owner === undefined ? {} : { owner }),
    listeners: [...new Set(written.listeners ?? group?.listeners ?? [])].sort(),
    hosts,
    match,
    priority: written.priority ?? 0,
    action: action === undefined ? lowerTargets(written.to) : { type: 'feature', feature: action },
    policies,
  }
}

function lowerTargets(written: WrittenRoute['to']): Action {
  const list = written === undefined ? [] : Array.isArray(written) ? written : [written]
  const targets = list.map((one): Target => {
    if (typeof one === 'string') return { service: one, weight: 1, labels: {} }
    return { service: one.service, weight: one.weight ?? 1, labels: one.labels ?? {} }
  })
  return { type: 'forward', targets }
}

const hostPattern = /^(\*\.)?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?)(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?)*$/

function lowerHosts(written: WrittenRoute, group: WrittenGroup | undefined, cx: LowerCx): string[] | undefined {
  const hosts = written.hosts ?? group?.hosts ?? []
  let sound = true
  const result = new Set<string>()
  for (const [index, text] of hosts.entries()) {
    const host = text.toLowerCase()
    if (hostPattern.test(host) && host.length <= 253) result.add(host)
    else {
      sound = false
      const help = /:\d+$/.test(host)
        ? 'leave the port out: the listener has it'
        : 'write "shop.example.com" or "*.example.com"; leave `hosts` out to serve every host'
      cx.report({ code: 'route/bad-host', message: `"${text}" is not a host name`, path: ['hosts', index], help })
    }
  }
  return sound ? [...result].sort() : undefined
}
