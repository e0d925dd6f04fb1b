import { printable } from '../diagnostics/printable.ts'
import type { Proxy, Rejection } from '../live/fleet.ts'
import type { Target } from '../target.ts'
import type { Culprit, Verdict } from './culprits.ts'

/** One structured log line for a refusal; the fields are safe to print. */
export interface RejectionLine {
  readonly event: 'xds.rejected' | 'nginx.rejected'
  readonly proxy: string
  readonly type: string
  readonly name: string
  readonly version: string
  readonly heldAt: string | undefined
  /** `gateway.yaml:41:3`, one or more. */
  readonly at: readonly string[]
  /** The whole in one sentence. */
  readonly message: string
}

/** `proxy edge-1 refused routes "public": gateway.yaml:41:3 (route orders): missing ): a(; it keeps the version before` */
export function describeRejection(target: Target, proxy: Proxy, rejection: Rejection, verdict: Verdict): RejectionLine {
  const { type, name, version, heldAt } = rejection
  const id = printable(proxy.id)
  const places = verdict.culprits.map((culprit) => `${where(culprit)} (${culprit.node.replace('/', ' ')})`)
  const blamed = places.length > 1 ? `one of ${places.join(', ')}` : (places[0] ?? 'no line of a file is to blame')
  const keeps = heldAt === undefined ? 'the proxy has no version of it' : 'the proxy keeps the version before'
  const said = verdict.meaning === undefined ? verdict.message : `${verdict.meaning} (${verdict.message})`
  return {
    event: target === 'envoy' ? 'xds.rejected' : 'nginx.rejected',
    proxy: id,
    type,
    name: printable(name),
    version,
    heldAt,
    at: verdict.culprits.map(where),
    message: `proxy ${id} refused ${type} "${printable(name)}": ${blamed}: ${said}; ${keeps}`,
  }
}

/** `gateway.yaml:41:3` */
function where({ file, line, column }: Culprit): string {
  return line === undefined ? printable(file) : `${printable(file)}:${line}:${column ?? 1}`
}
