import { isDeepStrictEqual } from 'node:util'
import type { Case, Engine } from './cases.ts'
import { type Finding, findingAt } from './finding.ts'
import { bounds, type Count, type Expect, valuesOf } from './format.ts'
import type { Answer, Played } from './play.ts'

/** What an engine did otherwise than its case expects. */
export function judge(one: Case, engine: Engine, played: Played): Finding[] {
  const found: Finding[] = []
  const say = (field: string, message: string): void => {
    // The same mistake of many requests of one step is told once.
    if (!found.some((earlier) => earlier.field === field)) found.push(findingAt(one, played, field, message, engine))
  }
  const { expect } = played.step
  for (const answer of played.answers) judgeAnswer(expect, answer, say)
  judgeCounts(expect, played, say)
  return found
}

type Say = (field: string, message: string) => void

function judgeAnswer(expect: Expect, answer: Answer, say: Say): void {
  const { upstream } = answer
  const same = (field: string, wanted: string | undefined, got: string | undefined): void => {
    if (wanted !== undefined && got !== wanted) say(field, `expected ${show(wanted)}, got ${show(got)}`)
  }
  if (expect.status !== undefined && ![expect.status].flat().includes(answer.status)) {
    say('status', `expected ${[expect.status].flat().join(' or ')}, got ${answer.status} ${show(answer.body)}`)
  }
  if (expect.service === null && upstream) say('service', `expected none, but ${upstream.service} answered`)
  if (expect.service && ![expect.service].flat().includes(upstream?.service ?? '')) {
    say('service', `expected ${[expect.service].flat().join(' or ')}, got ${show(upstream?.service)}`)
  }
  same('upstream.path', expect.path, upstream?.url)
  same('upstream.method', expect.method, upstream?.method)
  same('upstream.body', expect.upstreamBody, upstream?.body)
  judgeHeaders('upstream.headers', expect.upstreamHeaders, upstream?.headers, say)
  judgeHeaders('headers', expect.headers, answer.headers, say)
  judgeBody(expect.body, answer.body, say)
}

function judgeHeaders(field: string, wanted: Expect['headers'], got: Readonly<Record<string, unknown>> | undefined, say: Say): void {
  for (const [name, value] of Object.entries(wanted ?? {})) {
    const found = got?.[name.toLowerCase()]
    const expected = value === null ? undefined : valuesOf(value).join(', ')
    const same = typeof found === 'string' && expected !== undefined ? joined(found) === joined(expected) : found === expected
    if (!same) say(`${field}.${name.toLowerCase()}`, `expected ${show(expected)}, got ${show(found)}`)
  }
}

function judgeBody(wanted: Expect['body'], got: string, say: Say): void {
  if (wanted === undefined) return
  if (typeof wanted === 'string') {
    if (got !== wanted) say('body', `expected ${show(wanted)}, got ${show(got)}`)
  } else if ('contains' in wanted) {
    if (!got.includes(wanted.contains)) say('body', `expected something with ${show(wanted.contains)}, got ${show(got)}`)
  } else if (!holds(jsonOf(got), wanted.json)) {
    say('body', `expected ${show(JSON.stringify(wanted.json))}, got ${show(got)}`)
  }
}

function judgeCounts(expect: Expect, { step, answers, arrivals }: Played, say: Say): void {
  const check = (field: string, wanted: Count | undefined, got: number): void => {
    if (wanted === undefined) return
    const [least, most] = bounds(wanted, step.times ?? 1)
    if (got < least || got > most) say(field, `expected ${least === most ? least : `${least} to ${most}`}, got ${got}`)
  }
  for (const [status, wanted] of Object.entries(expect.statuses ?? {})) {
    check(`statuses.${status}`, wanted, answers.filter((answer) => answer.status === Number(status)).length)
  }
  const used = new Set(answers.map(({ upstream }) => upstream?.instance))
  if (expect.sticky && used.size !== 1) say('sticky', `expected one endpoint, got ${[...used].join(', ')}`)
  for (const [instance, wanted] of Object.entries(expect.instances ?? {})) {
    check(`instances.${instance}`, wanted, answers.filter(({ upstream }) => upstream?.instance === instance).length)
  }
  const others = answers.flatMap(({ upstream }) =>
    upstream && expect.instances && !(upstream.instance in expect.instances) ? [upstream.instance] : [],
  )
  if (others.length > 0) say(`instances.${others[0] ?? ''}`, `is not among the expected ones, but answered ${others.length} times`)
  for (const [service, wanted] of Object.entries(expect.reached ?? {})) {
    check(`reached.${service}`, wanted, arrivals.filter((arrival) => arrival.service === service).length)
  }
  check('attempts', expect.attempts, arrivals.length)
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Whether everything that is wanted is there; objects may hold more. */
function holds(got: unknown, wanted: unknown): boolean {
  if (wanted === null || typeof wanted !== 'object' || Array.isArray(wanted)) return isDeepStrictEqual(got, wanted)
  return typeof got === 'object' && got !== null && Object.entries(wanted).every(([key, value]) => key in got && holds(Reflect.get(got, key), value))
}

/** Values of one header are separated by a comma with or without a space: both mean the same. */
export function joined(values: string): string {
  return values.replaceAll(/,\s*/g, ', ')
}

/** A value in a message: cut, and quoted so that spaces and control characters show. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing'
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 300 ? `${text.slice(0, 300)}…` : text
}
