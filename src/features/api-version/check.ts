import type { Diagnostic } from '../../diagnostics/diagnostic.ts'
import type { Moment } from '../../model/moment.ts'
import type { CheckCx, Cx } from '../../model/cx.ts'
import type { Route } from '../../model/gateway.ts'
import { dateText, plusMonths } from './dates.ts'
import { type ApiVersion, defaultPolicy, type RouteVersion, type VersionPolicy } from './model.ts'

const day = 86_400_000

/** Versions that end too soon after they were deprecated, that end soon, and that have ended. */
export function* check(value: ApiVersion, route: Route, cx: CheckCx): Iterable<Diagnostic> {
  const version = value as RouteVersion
  if (version.sunset === undefined) return
  const policy = (cx.policy('api-version') as VersionPolicy | undefined) ?? defaultPolicy
  yield* tooShort(route, version, policy, cx)
  yield* timeLeft(route, version, policy, cx, cx.moment())
}

function* tooShort(route: Route, { version, deprecated, sunset }: RouteVersion, { supportMonths }: VersionPolicy, cx: Cx): Iterable<Diagnostic> {
  if (deprecated === undefined || sunset === undefined) return
  const earliest = plusMonths(deprecated, supportMonths)
  if (sunset >= earliest) return
  yield {
    code: 'api-version/short-support',
    severity: 'error',
    message: `version ${version} of route ${route.name} would end less than ${supportMonths} months after it is deprecated`,
    at: cx.at(route, ['apiVersion', 'sunset']),
    help: `end it on ${dateText(earliest)} or later, or change \`apiVersions: {supportMonths: …}\``,
  }
}

function* timeLeft(route: Route, { version, sunset }: RouteVersion, { noticeMonths }: VersionPolicy, cx: Cx, moment: Moment): Iterable<Diagnostic> {
  if (sunset === undefined || moment.now < plusMonths(sunset, -noticeMonths)) return
  const at = cx.at(route, ['apiVersion', 'sunset'])
  const what = `version ${version} of route ${route.name}`
  if (moment.now >= sunset) {
    const help = 'remove the route, or move the date'
    yield { code: 'api-version/past-sunset', severity: moment.overdue, message: `${what} has ended on ${dateText(sunset)}`, at, help }
    return
  }
  const days = Math.ceil((sunset - moment.now) / day)
  yield {
    code: 'api-version/ends-soon',
    severity: 'warning',
    message: `${what} ends in ${days} day${days === 1 ? '' : 's'}, on ${dateText(sunset)}`,
    at,
    help: 'see in the statistics of the route whether it still has callers',
  }
}
