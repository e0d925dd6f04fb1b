import type { GroupValue } from '../config/schema/group.ts'
import type { RouteValue } from '../config/schema/route.ts'
import type { LowerCx } from '../feature.ts'
import type { Action, Policies, Route, Target } from './gateway.ts'
import { lowerLabels } from './lower-labels.ts'
import { lowerMatches } from './lower-match.ts'

/** A route with the keys of features. */
export type WrittenRoute = RouteValue & Readonly<Record<string, unknown>>

/** A route, and whether its match and hosts could be read; where not, they are empty. */
export interface LoweredRoute {
  readonly route: Route
  readonly sound: boolean
}

/** Makes a route of what the user wrote; `action` is the feature whose key stands in the place of `to`. */
export function lowerRoute(
  name: string,
  written: WrittenRoute,
  group: GroupValue | undefined,
  action: string | undefined,
  policies: Policies,
  cx: LowerCx,
): LoweredRoute {
  const match = lowerMatches(written.match, cx)
  const hosts = lowerHosts(written, group, cx)
  const owner = written.owner ?? group?.owner
  const route: Route = {
    kind: 'route',
    name,
    ...(written.group === undefined ? {} : { group: written.group }),
    ...(owner === undefined ? {} : { owner }),
    listeners: [...new Set(written.listeners ?? group?.listeners ?? [])].sort(),
    hosts: hosts ?? [],
    match,
    priority: written.priority ?? 0,
    action: action === undefined ? lowerTargets(written.to, cx) : { type: 'feature', feature: action },
    policies,
  }
  return { route, sound: match.length > 0 && hosts !== undefined }
}

function lowerTargets(written: WrittenRoute['to'], cx: LowerCx): Action {
  const list = written === undefined ? [] : Array.isArray(written) ? written : [written]
  const targets = list.map((one, index): Target => {
    if (typeof one === 'string') return { service: one, weight: 1, labels: {} }
    const path = Array.isArray(written) ? ['to', index] : ['to']
    return { service: one.service, weight: one.weight ?? 1, ...lowerLabels(one, path, cx) }
  })
  return { type: 'forward', targets }
}

const hostPattern = /^((\*\.)?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*|\[[0-9a-f:.]+\])$/

function lowerHosts(written: WrittenRoute, group: GroupValue | undefined, cx: LowerCx): string[] | undefined {
  const hosts = written.hosts ?? group?.hosts ?? []
  let sound = true
  const result = new Set<string>()
  for (const [index, text] of hosts.entries()) {
    const host = text.toLowerCase()
    if (host === '*') return []
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
