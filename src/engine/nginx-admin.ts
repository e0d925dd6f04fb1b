import { request } from 'node:http'
import { type Delta, deltaText } from '../nginx/delta.ts'
import { documentText, type State } from '../nginx/state.ts'
import type { SickEndpoint } from './sick-endpoints.ts'

/** What a worker has applied; `version` is absent when it has nothing yet. */
export interface NginxWorker {
  readonly worker: number
  readonly pid?: number
  readonly version?: string
  readonly number: number
}

/** The workers' answer to a document or a delta. */
export type NginxReport =
  /** `applied`: every worker has it. `saved`: a cold start will have it too; else `problem` says why not. */
  | {
      readonly accepted: true
      readonly version: string
      readonly applied: boolean
      readonly workers: readonly NginxWorker[]
      readonly saved: boolean
      readonly problem?: string
    }
  /** `stale`: the delta starts from another version than the workers have, so send the whole document. The old configuration goes on serving. */
  | { readonly accepted: false; readonly reason: string; readonly stale: boolean }

export interface NginxStatus {
  readonly version?: string
  /** Counts accepted changes since the shared memory was made. */
  readonly number: number
  /** Deltas since the last whole document, and whether it is time for a whole one. */
  readonly deltas: number
  readonly fold: boolean
  /** Requests under way in the worker that answered. */
  readonly open: number
  /** Requests of clients under way in all workers. */
  readonly active: number
  /** Bytes of shared memory that are free for the configuration. */
  readonly free: number
  readonly workers: readonly NginxWorker[]
}

/** The live side of one nginx: its unix socket takes documents and deltas. Calls reject when nobody listens, or no answer comes within 30 s (of what changes nothing: 2 s). */
export interface NginxAdmin {
  put(state: State): Promise<NginxReport>
  /**
   * `wait` (default true): answer when every worker has acknowledged, up to some 5 ms for an idle one. Without it the answer comes at once, with
   * `applied` as far as it is known: each worker takes the delta up before its next request, so no request sees the old state either way.
   */
  post(delta: Delta, wait?: boolean): Promise<NginxReport>
  status(): Promise<NginxStatus>
  /** The endpoints that get no requests now, the first 100. */
  sick(): Promise<readonly SickEndpoint[]>
  /** Requests and how long they took, by route and service, in the text format of Prometheus. */
  metrics(): AsyncIterable<string>
  /** From now on clients are told to close their connections; ends only with nginx. */
  drain(): Promise<void>
}

export function nginxAdmin(socketPath: string): NginxAdmin {
  return {
    put: async (state) => report(await call(socketPath, 'PUT', '/document', documentText(state))),
    post: async (delta, wait = true) => report(await call(socketPath, 'POST', `/delta?wait=${wait ? 1 : 0}`, deltaText(delta))),
    status: async () => JSON.parse(await text(socketPath, 'GET', '/status')) as NginxStatus,
    sick: async () => (JSON.parse(await text(socketPath, 'GET', '/sick')) as { endpoints?: readonly SickEndpoint[] }).endpoints ?? [],
    metrics: async function* () {
      yield await text(socketPath, 'GET', '/metrics')
    },
    drain: async () => void (await text(socketPath, 'POST', '/drain')),
  }
}

interface Answer {
  readonly status: number
  readonly body: string
}

/** How long nginx may take to tell something, in milliseconds; changes may take longer. */
const patienceMs = 2_000

async function text(socketPath: string, method: string, path: string): Promise<string> {
  const { status, body } = await call(socketPath, method, path, undefined, patienceMs)
  if (status !== 200) throw new Error(`nginx answers ${path} with status ${status}: ${body.slice(0, 200)}`)
  return body
}

function report({ status, body }: Answer): NginxReport {
  if (status === 200) return { accepted: true, ...(JSON.parse(body) as Omit<Extract<NginxReport, { accepted: true }>, 'accepted'>) }
  return { accepted: false, reason: reasonIn(body), stale: status === 409 }
}

function reasonIn(body: string): string {
  try {
    return (JSON.parse(body) as { error: string }).error
  } catch {
    return `nginx answered with something that is no JSON: ${body.slice(0, 200)}`
  }
}

function call(socketPath: string, method: string, path: string, body?: string, timeoutMs = 30_000): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, method, path, agent: false, signal: AbortSignal.timeout(timeoutMs) }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.once('error', reject)
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }))
    })
    sent.once('error', reject)
    sent.end(body)
  })
}
