import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { features } from '../../src/features/index.ts'
import { type BytesReply, sendBytes } from '../support/raw-http.ts'
import { instanceHeader } from './backends.ts'
import { type Case, engines, readCase } from './cases.ts'
import { compare } from './compare.ts'
import { type Live, startEngine } from './engines.ts'
import { covering, type Difference, readExceptions, unused } from './exceptions.ts'
import { type Finding, tell } from './finding.ts'
import { judgeRoute } from './model.ts'
import type { Answer, Played } from './play.ts'
import { bytesOf, type RawCase, rawSets } from './raw-requests.ts'

const exceptions = readExceptions()
let live: readonly Live[]
let cases: readonly Case[]
beforeAll(async () => {
  cases = await Promise.all(rawSets.map(([id]) => readCase(id, features)))
  live = await Promise.all(engines.map((engine) => startEngine(engine, cases, features)))
})
afterAll(async () => {
  await Promise.all(live.map((running) => running.stop()))
})

/** Connections at the same time. */
const lanes = 8

/** Sends every request on a connection of its own. */
async function playRaw(one: Case, requests: readonly RawCase[], { merged, backends }: Live): Promise<Played[]> {
  const port = merged.portOf(one, 'public')
  const replies: (BytesReply | undefined)[] = []
  let next = 0
  const lane = async (): Promise<void> => {
    for (let index = next++; index < requests.length; index = next++) {
      const request = requests[index]
      if (request) replies[index] = await sendBytes(port, bytesOf(request, index))
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  const arrivals = Map.groupBy(backends.arrivals(one, ''), ({ number }) => Number(number))
  return requests.map(({ name }, index) => {
    const arrived = arrivals.get(index) ?? []
    return { number: index + 1, step: { request: name, expect: {} }, answers: [answerOf(replies[index], arrived)], arrivals: arrived }
  })
}

function answerOf(reply: BytesReply | undefined, arrived: Played['arrivals']): Answer {
  if (!reply) return { status: 0, headers: {}, body: 'no answer', upstream: undefined }
  const { [instanceHeader]: instance, ...headers } = reply.headers
  return { status: reply.status, headers, body: reply.body, upstream: arrived.find((arrival) => arrival.instance === instance) }
}

describe.each(rawSets)('%s', (id, requests) => {
  const used = new Set<Difference>()
  let findings: Finding[]
  beforeAll(async () => {
    const one = cases.find((found) => found.id === id)
    const [envoy, nginx] = live
    if (!one || !envoy || !nginx) throw new Error('the engines are not there')
    const played = await Promise.all([envoy, nginx].map((running) => playRaw(one, requests, running)))
    const [left = [], right = []] = played
    findings = left.flatMap((step, index) => {
      const other = right[index]
      return other ? [...route(one, envoy, step), ...route(one, nginx, other), ...compare(one, step, other)] : []
    })
  })

  it('gets the same verdict from both engines, and the service sees the same', () => {
    const open = findings.filter((finding) => {
      const exception = covering(exceptions, finding)
      if (exception) used.add(exception)
      return !exception
    })
    expect(open.map(tell)).toEqual([])
  })

  it('needs every exception that is made for it', () => {
    const own = { ...exceptions, differences: exceptions.differences.filter((one) => one.case === id), refusals: [] }
    expect(unused(own, used, new Set([id]))).toEqual([])
  })
})

/** What `match` says of a request whose line holds nothing but a path. */
function route(one: Case, { engine }: Live, played: Played): Finding[] {
  return one.id === 'spine/paths' && /^GET [/\\]/.test(played.step.request) ? judgeRoute(one, engine, played) : []
}

it('has enough to say something', () => {
  const sizes = new Map(rawSets.map(([id, requests]) => [id, requests.length]))
  expect(sizes.get('spine/paths')).toBeGreaterThan(600)
  expect(sizes.get('spine/hygiene')).toBeGreaterThan(100)
})
