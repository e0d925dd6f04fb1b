import type { Diagnostic } from '../../diagnostics/diagnostic.ts'
import type { LowerCx, NodeDraft } from '../../feature.ts'
import type { CheckCx, Cx } from '../../model/cx.ts'
import type { Route } from '../../model/gateway.ts'
import { readDuration } from '../../model/read-duration.ts'
import type { Written } from './config.ts'

/** Where nothing is written: of a request, and to connect, in milliseconds. */
const defaultRequest = 15_000
const defaultConnect = 5_000

/** Of a route, in milliseconds; 0 means no limit. */
interface RouteTimeouts {
  readonly request: number
  readonly perTry?: number
  readonly idle: number
}

/** Of a service, in milliseconds. */
interface ConnectTimeout {
  readonly connect: number
}

export type Timeouts = RouteTimeouts | ConnectTimeout

export function lower(value: unknown, node: NodeDraft, cx: LowerCx): Timeouts {
  if (node.kind === 'service') return { connect: readDuration(value as string, ['connectTimeout'], cx) }
  const written = value as Written
  const request = readDuration(written.request ?? '15s', ['timeouts', 'request'], cx, 0)
  const perTry = written.perTry === undefined ? undefined : readDuration(written.perTry, ['timeouts', 'perTry'], cx)
  const idle = readDuration(written.idle ?? '5m', ['timeouts', 'idle'], cx, 0)
  if (perTry !== undefined && request > 0 && perTry > request) {
    cx.report({
      code: 'timeouts/per-try-over-request',
      message: `one attempt may take ${written.perTry}, but the whole request ends after ${written.request ?? 'the default of 15s'}`,
      path: ['timeouts', 'perTry'],
      help: 'make `perTry` shorter or `request` longer',
    })
  }
  return { request, idle, ...(perTry === undefined ? {} : { perTry }) }
}

/** Inner times that are longer than the outer ones: they never come to bear. */
export function* checkRoute(route: Route, cx: CheckCx): Iterable<Diagnostic> {
  const times = route.policies['timeouts'] as RouteTimeouts | undefined
  if (times) {
    yield* checkAttempts(route, times, cx)
    yield* checkIdle(route, times, cx)
  }
  yield* checkConnect(route, times, cx)
}

/** Attempts that can never be made because the time of the whole request is over before. */
function* checkAttempts(route: Route, times: RouteTimeouts, cx: Cx): Iterable<Diagnostic> {
  const attempts = attemptsOf(route)
  if (!times.perTry || times.request === 0 || attempts < 2 || attempts * times.perTry <= times.request) return
  yield {
    code: 'timeouts/retries-over-request',
    severity: 'warning',
    message: `${attempts} attempts of ${times.perTry} ms need ${attempts * times.perTry} ms, but the request of route ${route.name} ends after ${times.request} ms`,
    at: cx.at(route, ['timeouts', 'perTry']),
    related: [{ message: 'the attempts', at: cx.at(route, ['retry', 'attempts']) }],
    help: `the last attempts will be cut short; set perTry to at most ${Math.floor(times.request / attempts)}ms`,
  }
}

/** A service that thinks for longer than `idle` sends no byte meanwhile. */
function* checkIdle(route: Route, { idle, perTry, request }: RouteTimeouts, cx: Cx): Iterable<Diagnostic> {
  const answer = perTry ?? request
  if (idle === 0 || answer <= idle) return
  yield {
    code: 'timeouts/idle-under-answer',
    severity: 'warning',
    message: `route ${route.name} ends after ${idle} ms without a byte, so ${perTry === undefined ? 'a request' : 'an attempt'} never gets its ${answer} ms to wait for an answer`,
    at: cx.at(route, ['timeouts', 'idle']),
    help: 'make `idle` at least as long, or the other one shorter',
  }
}

/** Only where it is not the default: 5 s do no harm where the request ends before. */
function* checkConnect(route: Route, times: RouteTimeouts | undefined, cx: Cx): Iterable<Diagnostic> {
  const inner = times?.perTry ?? times?.request ?? defaultRequest
  if (route.action.type !== 'forward' || inner === 0) return
  for (const { service: name } of route.action.targets) {
    const service = cx.service(name)
    const connect = service && (service.policies['timeouts'] as ConnectTimeout | undefined)?.connect
    if (!service || connect === undefined || connect === defaultConnect || connect <= inner) continue
    yield {
      code: 'timeouts/connect-over-attempt',
      severity: 'warning',
      message: `connecting to ${name} may take ${connect} ms, but an attempt of route ${route.name} ends after ${inner} ms`,
      at: cx.at(service, ['connectTimeout']),
      related: [{ message: 'the route', at: cx.at(route, times ? ['timeouts'] : [], 'key') }],
      help: 'make `connectTimeout` shorter, so that there is time left to try another endpoint',
    }
  }
}

function attemptsOf(route: Route): number {
  const retry = route.policies['retry']
  return typeof retry === 'object' && retry !== null && 'attempts' in retry && typeof retry.attempts === 'number' ? retry.attempts : 1
}
