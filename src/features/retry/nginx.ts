import type { Limit } from '../../model/limit.ts'
import type { NginxParts, RetryStatuses } from '../../nginx/parts.ts'
import type { Retry, RetryPolicy } from './model.ts'

/** Statuses of each fixed choice. https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_next_upstream */
const choices: readonly (readonly [RetryStatuses, string])[] = [
  ['none', ''],
  ['503', '503'],
  ['429', '429'],
  ['429-503', '429,503'],
  ['gateway', '502,503,504'],
  ['5xx', '500,502,503,504'],
]

/** Methods that nginx tries again only when it is told that this is safe. */
const unsafe = ['POST', 'PATCH', 'LOCK']

export const nginx: NginxParts<Retry> = {
  state: (retry) =>
    'attempts' in retry
      ? { attempts: retry.attempts, when: retry.when, methods: retry.methods, statuses: statusesOf(retry) }
      : { percent: retry.percent, minConcurrency: retry.minConcurrency },
  shape: (retry) => {
    if (!('attempts' in retry) || retry.attempts < 2) return {}
    return { retryOn: choiceOf(retry) ?? 'none', retryUnsafe: retry.methods.some((method) => unsafe.includes(method)) }
  },
  support: (retry) => ('attempts' in retry && retry.attempts > 1 ? limits(retry) : []),
}

/** Statuses of answers that are tried again, ascending. */
function statusesOf(retry: RetryPolicy): number[] {
  const statuses = new Set(retry.statuses)
  if (retry.when.includes('gateway-error')) for (const status of [502, 503, 504]) statuses.add(status)
  if (retry.when.includes('5xx')) for (const status of [500, 502, 503, 504]) statuses.add(status)
  return [...statuses].sort((a, b) => a - b)
}

function choiceOf(retry: RetryPolicy): RetryStatuses | undefined {
  const wanted = statusesOf(retry).join(',')
  return choices.find(([, list]) => list === wanted)?.[0]
}

function* limits(retry: RetryPolicy): Iterable<Limit> {
  if (retry.when.includes('409')) {
    yield { kind: 'refused', message: 'nginx cannot try again after status 409', path: ['retry', 'when'], help: 'leave 409 out' }
  } else if (choiceOf(retry) === undefined) {
    const sets = choices.slice(1).map(([, list]) => list.replaceAll(',', ', '))
    yield {
      kind: 'refused',
      message: 'nginx reads the statuses to try again at start, so sluice has a fixed choice of sets, and this one is not among them',
      path: ['retry', retry.statuses.length > 0 ? 'statuses' : 'when'],
      help: `the sets are: ${sets.join('; ')}`,
    }
  }
  if (retry.when.includes('5xx')) {
    yield { kind: 'note', message: 'of the 5xx statuses nginx tries again after 500, 502, 503 and 504', path: ['retry', 'when'] }
  }
  if (retry.backoff.retryAfter !== undefined) {
    yield {
      kind: 'refused',
      message: 'nginx cannot wait between attempts, so it would disregard the Retry-After of an answer',
      path: ['retry', 'backoff', 'retryAfter'],
      side: 'key',
      help: 'leave it out',
    }
  }
  if (retry.backoff.initial !== 25 || retry.backoff.max !== 250) {
    yield { kind: 'note', message: 'nginx makes the next attempt at once: it cannot wait between attempts', path: ['retry', 'backoff'] }
  }
}
