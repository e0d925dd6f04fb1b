import { setTimeout as delay } from 'node:timers/promises'
import { type Reply, send } from '../support/http.ts'
import { until } from '../support/until.ts'
import type { Arrival, Backends, Hold } from './backends.ts'
import { instanceHeader, numberHeader } from './backends.ts'
import type { Case, Engine } from './cases.ts'
import { bounds, numbered, pauseMs, type RequestStep, valuesOf } from './format.ts'
import { judge } from './judge.ts'
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
export async function play(one: Case, running: Running, waitMs: number): Promise<Played[]> {
  const played: Played[] = []
  for (const [index, step] of one.steps.entries()) {
    if ('pause' in step) await delay(pauseMs(step.pause))
    else if ('request' in step) played.push(await playUntil(one, step, index + 1, running, waitMs))
    else setHealth(one, running.backends, 'sick' in step ? step.sick : step.well, 'well' in step)
  }
  return played
}

function setHealth(one: Case, backends: Backends, endpoint: string, healthy: boolean): void {
  const slash = endpoint.indexOf('/')
  backends.setHealthy(one, endpoint.slice(0, slash), endpoint.slice(slash + 1), healthy)
}

/** Once; a step that waits is repeated until it is as expected, or for so long that it will not be. */
async function playUntil(one: Case, step: RequestStep, number: number, running: Running, waitMs: number): Promise<Played> {
  const deadline = Date.now() + waitMs
  for (let round = 1; ; round++) {
    const played = await playStep(one, { number, step }, round, running)
    if (!step.wait || Date.now() >= deadline || judge(one, running.engine, played).length === 0) return played
    await delay(20)
  }
}

async function playStep(one: Case, { number, step }: Pick<Played, 'number' | 'step'>, round: number, running: Running): Promise<Played> {
  const { merged, backends } = running
  const port = merged.portOf(one, listenerOf(one, step))
  const prefix = `${number}.${round}.`
  const ask = async (n: number): Promise<Answer> => {
    // No answer at all is something to compare, too.
    const unanswered = (error: unknown): Reply => ({ status: 0, headers: {}, body: codeOf(error) })
    const reply = await request(one, numbered(step, n), port, `${prefix}${n}.`).catch(unanswered)
    return answerOf(one, merged, reply, backends.arrivals(one, `${prefix}${n}.`))
  }
  const answers = await sendAll(step, ask, step.held === undefined ? undefined : backends.hold(one, step.held))
  await late(step, () => backends.arrivals(one, prefix))
  return { number, step, answers, arrivals: backends.arrivals(one, prefix).map((arrival) => plainArrival(one, merged, arrival)) }
}

/** Sends the requests of a step, at once or each when the one before it was answered or is held; who is held waits until nothing else is under way. */
async function sendAll({ times = 1, together = false }: RequestStep, ask: (n: number) => Promise<Answer>, hold: Hold | undefined): Promise<Answer[]> {
  const asked: Promise<Answer>[] = []
  let answered = 0
  for (let n = 1; n <= times; n++) {
    const held = hold?.next()
    const answer = ask(n).finally(() => answered++)
    asked.push(answer)
    if (!together) await Promise.race(held ? [answer, held] : [answer])
  }
  if (hold) await until('everything is answered or held', () => answered + hold.count() >= times, 120_000).finally(() => hold.release())
  return Promise.all(asked)
}

/** Name of the listener that a step means: the first that serves routes, unless it names one. */
export function listenerOf(one: Case, step: RequestStep): string {
  const serving = [...one.gateway.listeners.values()].find(({ redirectTo }) => redirectTo === undefined)
  return step.listener ?? serving?.name ?? ''
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? `no answer (${String(error.code)})` : `no answer (${String(error)})`
}

async function request(one: Case, step: RequestStep, port: number, number: string): Promise<Reply> {
  const [method = '', path = ''] = [step.request.slice(0, step.request.indexOf(' ')), step.request.slice(step.request.indexOf(' ') + 1)]
  const headers = Object.fromEntries(Object.entries(step.headers ?? {}).map(([name, value]) => [name, valuesOf(value)]))
  const host = step.host ?? hostOf(one)
  const tls = one.gateway.listeners.get(listenerOf(one, step))?.policies['listener-tls'] !== undefined
  return send(port, path, {
    method,
    timeoutMs: 120_000,
    headers: { host, [numberHeader]: number, ...headers },
    ...(step.body === undefined ? {} : { body: step.body }),
    ...(tls ? { tlsName: host.replace(/:\d+$/, '') } : {}),
  })
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

/** Requests that no answer waits for, such as mirrored ones or the last attempt before a timeout, may arrive late. */
async function late({ times = 1, expect: { reached, attempts } }: RequestStep, arrivals: () => readonly Arrival[]): Promise<void> {
  const wanted = Object.entries(reached ?? {}).map(([service, count]) => [service, bounds(count, times)[0]] as const)
  const enough = (): boolean =>
    arrivals().length >= bounds(attempts ?? 0, times)[0] &&
    wanted.every(([service, least]) => arrivals().filter((arrival) => arrival.service === service).length >= least)
  // Whatever is missing after that is told by the comparison.
  await until('everything has arrived', enough, 10_000).catch(() => {})
}
