import type { Case } from './cases.ts'
import { type Finding, findingAt } from './finding.ts'
import { show } from './judge.ts'
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
  if ((envoy.step.times ?? 1) === 1) differ('attempts', envoy.arrivals.length, nginx.arrivals.length)
  return found
}

type Differ = (field: string, a: unknown, b: unknown) => void

function compareAnswers(a: Answer, b: Answer, differ: Differ): void {
  differ('status', a.status, b.status)
  differ('body', masked(a.body), masked(b.body))
  // Ids have different lengths on the two engines.
  const sized = masked(a.body) === a.body || masked(b.body) === b.body
  compareHeaders('headers', a.headers, b.headers, (field, ...values) => (sized || field !== 'headers.content-length') && differ(field, ...values))
  differ('service', a.upstream?.service, b.upstream?.service)
  if (!a.upstream || !b.upstream) return
  differ('upstream.method', a.upstream.method, b.upstream.method)
  differ('upstream.path', a.upstream.url, b.upstream.url)
  differ('upstream.body', a.upstream.body, b.upstream.body)
  compareHeaders('upstream.headers', a.upstream.headers, b.upstream.headers, differ)
}

/** Ids of requests and the date differ from one request to the next; that both engines have one is compared. */
function masked(text: string): string {
  return text
    .replaceAll(/\b[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}\b/g, '<id>')
    .replace(/^\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT$/, '<date>')
}

function compareHeaders(field: string, a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>, differ: Differ): void {
  for (const name of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const [left, right] = [a[name], b[name]].map((value) => (typeof value === 'string' ? masked(value) : value))
    differ(`${field}.${name}`, left, right)
  }
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
