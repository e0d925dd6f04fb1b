import type { Case } from './cases.ts'
import { type Finding, findingAt } from './finding.ts'
import { joined, show } from './judge.ts'
import type { Answer, Played } from './play.ts'

/**
 * Everything in which two engines differ in one step, whether the case expects something of it or not. Requests of one step may be spread at random,
 * so answers are compared by kind (which service, which status): both must know the same kinds, and answers of one kind must be equal.
 */
export function compare(one: Case, envoy: Played, nginx: Played): Finding[] {
  const found: Finding[] = []
  const differ = (field: string, a: unknown, b: unknown): void => {
    if (a !== b) found.push(findingAt(one, envoy, field, `Envoy ${show(a)}, nginx ${show(b)}`))
  }
  const [left, right] = [kinds(envoy.answers), kinds(nginx.answers)]
  if (left.size === 1 && right.size === 1) {
    const [a, b] = [envoy.answers[0], nginx.answers[0]]
    if (a && b) compareAnswers(a, b, differ)
  } else {
    differ('outcomes', [...left.keys()].sort().join(', '), [...right.keys()].sort().join(', '))
    for (const [kind, a] of left) {
      const b = right.get(kind)
      if (b) compareAnswers(a, b, differ)
    }
  }
  // After different answers the number of attempts says nothing more, and when nobody answered the last attempt may still be on its way.
  const settled = envoy.answers[0]?.upstream !== undefined || envoy.step.expect.attempts !== undefined
  const alike = found.every(({ field }) => field !== 'status')
  if (settled && alike && (envoy.step.times ?? 1) === 1) differ('attempts', envoy.arrivals.length, nginx.arrivals.length)
  return found
}

type Differ = (field: string, a: unknown, b: unknown) => void

function compareAnswers(a: Answer, b: Answer, differ: Differ): void {
  differ('status', outcome(a), outcome(b))
  if (a.status !== b.status) return
  const [left, right] = [ownBody(a), ownBody(b)]
  differ('body', left.body, right.body)
  differ('body.requestId', left.requestId, right.requestId)
  // Ids have different lengths on the two engines.
  const sized = left.requestId === undefined && right.requestId === undefined
  compareHeaders('headers', a.headers, b.headers, (field, ...values) => (sized || field !== 'headers.content-length') && differ(field, ...values))
  if (!a.upstream || !b.upstream) return
  differ('upstream.method', a.upstream.method, b.upstream.method)
  differ('upstream.path', a.upstream.url, b.upstream.url)
  differ('upstream.body', a.upstream.body, b.upstream.body)
  compareHeaders('upstream.headers', a.upstream.headers, b.upstream.headers, differ)
}

/** The status, and who says so when it is not the service. */
function outcome({ status, upstream }: Answer): string {
  return upstream ? `${status} of ${upstream.service}` : String(status)
}

const id = /\b[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}\b/

/** The body without the id of the request, and whether it has one: ids differ from request to request. */
function ownBody({ body, upstream }: Answer): { body: string; requestId: string | undefined } {
  const found = upstream ? undefined : /"requestId":("[^"]*"|null)/.exec(body)?.[1]
  if (found === undefined) return { body, requestId: undefined }
  return { body: body.replace(`"requestId":${found}`, '"requestId":…'), requestId: found.replace(id, '<id>') }
}

function compareHeaders(field: string, a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>, differ: Differ): void {
  for (const name of new Set([...Object.keys(a), ...Object.keys(b)])) differ(`${field}.${name}`, comparable(a[name]), comparable(b[name]))
}

/** Ids and dates differ from request to request: only that there is one is compared. */
function comparable(value: unknown): unknown {
  if (typeof value !== 'string') return value
  return joined(value.replace(id, '<id>').replace(/^\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT$/, '<date>'))
}

/** The first answer of each kind. */
function kinds(answers: readonly Answer[]): Map<string, Answer> {
  const first = new Map<string, Answer>()
  for (const answer of answers) {
    const kind = `${answer.upstream?.service ?? 'gateway'} ${answer.status}`
    if (!first.has(kind)) first.set(kind, answer)
  }
  return first
}
