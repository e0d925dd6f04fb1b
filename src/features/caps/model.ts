import type { Diagnostic } from '../../diagnostics/diagnostic.ts'
import type { LowerCx, NodeDraft } from '../../feature.ts'
import type { CheckCx } from '../../model/cx.ts'
import type { Route, Service } from '../../model/gateway.ts'
import { readDuration } from '../../model/read-duration.ts'
import type { Written } from './config.ts'

export interface Caps {
  readonly connections: number
  readonly pending: number
  readonly requests: number
  /** Connections or pending requests were limited by the user, not by default. */
  readonly queueWritten: boolean
  /** `retryAfter` in whole seconds. */
  readonly overflow: { readonly status: 429 | 503; readonly retryAfter: number }
}

/** What a service without the key answers when it is overloaded. */
const defaultStatus = 503

export function lower(value: unknown, _node: NodeDraft, cx: LowerCx): Caps {
  const { connections, pending, requests = 1024, overflow = {} } = value as Written
  return {
    connections: connections ?? 1024,
    pending: pending ?? 1024,
    requests,
    queueWritten: connections !== undefined || pending !== undefined,
    overflow: {
      status: overflow.status ?? defaultStatus,
      retryAfter: Math.ceil(readDuration(overflow.retryAfter ?? '1s', ['caps', 'overflow', 'retryAfter'], cx) / 1_000),
    },
  }
}

export function written({ connections, pending, requests, overflow: { status, retryAfter } }: Caps): unknown {
  return { connections, pending, requests, overflow: { status, retryAfter: retryAfter * 1_000 } }
}

/** Callers of one route see one status: they do not know which of its services was chosen, and neither does Envoy where it makes the answer. */
export function* checkRoute(route: Route, cx: CheckCx, capsOf: (service: Service) => Caps | undefined): Iterable<Diagnostic> {
  const targets = route.action.type === 'forward' ? route.action.targets : []
  const services = targets.flatMap(({ service }) => cx.service(service) ?? [])
  const statuses = new Set(services.map((service) => capsOf(service)?.overflow.status ?? defaultStatus))
  if (statuses.size < 2) return
  const odd = services.find((service) => capsOf(service)?.overflow.status === 429)
  yield {
    code: 'caps/mixed-overflow',
    severity: 'error',
    message: `the services of route ${route.name} answer overload with different statuses`,
    at: cx.at(route, ['to']),
    ...(odd ? { related: [{ message: 'this one with 429', at: cx.at(odd, ['caps', 'overflow', 'status']) }] } : {}),
    help: 'give all of them the same `caps.overflow.status`',
  }
}
