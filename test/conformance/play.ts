import { setTimeout as delay } from 'node:timers/promises'
import { type Reply, send } from '../support/http.ts'
import { until } from '../support/until.ts'
import type { Arrival, Backends } from './backends.ts'
import { instanceHeader } from './backends.ts'
import type { Case, Engine } from './cases.ts'
import { bounds, pauseMs, type RequestStep, valuesOf } from './format.ts'
import { hostOf, type Merged } from './merge.ts'

/** What one request of a step met. */
export interface Answer {
  readonly status: number
  /** Names in lower case; values of one name joined as HTTP does. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** What the endpoint that answered saw; undefined when the gateway answered by itself. */
  readonly upstream: Arrival | undefined
}

/** A step with everything that came of it. */
export interface Played {
  /** From 1, pauses counted. */
  readonly number: number
  readonly step: RequestStep
  readonly answers: readonly Answer[]
  /** Every request that reached an endpoint of the case. */
  readonly arrivals: readonly Arrival[]
}

/** A running engine with the merged gateway. */
export interface Running {
  readonly engine: Engine
  readonly merged: Merged
  readonly backends: Backends
}

/** Runs the steps of a case in their order. */
export async function play(one: Case, running: Running): Promise<Played[]> {
  const played: Played[] = []
  for (const [index, step] of one.steps.entries()) {
    if ('pause' in step) await delay(pauseMs(step.pause))
    else played.push(await playStep(one, step, index + 1, running))
  }
  return played
}

async function playStep(one: Case, step: RequestStep, number: number, { merged, backends }: Running): Promise<Played> {
  const arrivals = backends.take(one)
  arrivals.length = 0
  const port = merged.portOf(one, listenerOf(one, step))
  const answers: Answer[] = []
  const ask = async (): Promise<void> => {
    const reply = await request(one, step, port)
    arrivals.push(...backends.take(one))
    answers.push(answerOf(one, merged, reply, arrivals))
  }
  const times = Array.from({ length: step.times ?? 1 }, () => ask)
  if (step.together) await Promise.all(times.map((go) => go()))
  else for (const go of times) await go()
  await late(step, () => (arrivals.push(...backends.take(one)), arrivals))
  return { number, step, answers, arrivals: arrivals.map((arrival) => plainArrival(one, merged, arrival)) }
}

/** Name of the listener that a step means: the first that serves routes, unless it names one. */
export function listenerOf(one: Case, step: RequestStep): string {
  const serving = [...one.gateway.listeners.values()].find(({ redirectTo }) => redirectTo === undefined)
  return step.listener ?? serving?.name ?? ''
}

async function request(one: Case, step: RequestStep, port: number): Promise<Reply> {
  const [method = '', path = ''] = [step.request.slice(0, step.request.indexOf(' ')), step.request.slice(step.request.indexOf(' ') + 1)]
  const headers = Object.fromEntries(Object.entries(step.headers ?? {}).map(([name, value]) => [name, valuesOf(value)]))
  const { body } = step
  return send(port, path, { method, headers: { host: step.host ?? hostOf(one), ...headers }, ...(body === undefined ? {} : { body }) })
}

function answerOf(one: Case, merged: Merged, { status, headers, body }: Reply, arrivals: readonly Arrival[]): Answer {
  const joined = Object.entries(headers).map(([name, value]) => [name, merged.plain(one, [value ?? ''].flat().join(', '))])
  const upstream = arrivals.findLast(({ instance }) => instance === headers[instanceHeader])
  return {
    status,
    headers: Object.fromEntries(joined.filter(([name]) => name !== instanceHeader)) as Record<string, string>,
    body: merged.plain(one, body),
    upstream: upstream && plainArrival(one, merged, upstream),
  }
}

function plainArrival(one: Case, merged: Merged, arrival: Arrival): Arrival {
  const headers = Object.entries(arrival.headers).map(([name, value]) => [name, merged.plain(one, [value ?? ''].flat().join(', '))])
  return { ...arrival, headers: Object.fromEntries(headers) as Record<string, string> }
}

/** Requests that no answer waits for, such as mirrored ones, may arrive late. */
async function late({ expect: { reached } }: RequestStep, arrivals: () => readonly Arrival[]): Promise<void> {
  const wanted = Object.entries(reached ?? {}).map(([service, count]) => [service, bounds(count)[0]] as const)
  const enough = (): boolean => wanted.every(([service, least]) => arrivals().filter((arrival) => arrival.service === service).length >= least)
  // Whatever is missing after that is told by the comparison.
  await until('everything has arrived', enough, 1_000).catch(() => {})
}
