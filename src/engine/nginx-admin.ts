import { request } from 'node:http'
import { type Delta, deltaText } from '../nginx/delta.ts'
import { documentText, type State } from '../nginx/state.ts'

/** What a worker has applied; `version` is absent when it has nothing yet. */
interface NginxWorker {
  readonly worker: number
  readonly version?: string
  readonly number: number
}

/** The workers' answer to a document or a delta. */
type NginxReport =
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
  /** Bytes of shared memory that are free for the configuration. */
  readonly free: number
  readonly workers: readonly NginxWorker[]
}

/** The live side of one nginx: its unix socket takes documents and deltas. Calls reject when nobody listens or no answer comes within 30 s. */
export interface NginxAdmin {
  put(state: State): Promise<NginxReport>
  /**
   * `wait` (default true): answer when every worker has acknowledged, up to some 20 ms for an idle one. Without it the answer comes at once, with
   * `applied` as far as it is known: each worker takes the delta up before its next request, so no request sees the old state either way.
   */
  post(delta: Delta, wait?: boolean): Promise<NginxReport>
  status(): Promise<NginxStatus>
}

export function nginxAdmin(socketPath: string): NginxAdmin {
  return {
    put: async (state) => report(await call(socketPath, 'PUT', '/document', documentText(state))),
    post: async (delta, wait = true) => report(await call(socketPath, 'POST', `/delta?wait=${wait ? 1 : 0}`, deltaText(delta))),
    status: async () => JSON.parse((await call(socketPath, 'GET', '/status')).body) as NginxStatus,
  }
}

interface Answer {
  readonly status: number
  readonly body: string
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

function call(socketPath: string, method: string, path: string, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, method, path, agent: false, signal: AbortSignal.timeout(30_000) }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.once('error', reject)
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }))
    })
    sent.once('error', reject)
    sent.end(body)
  })
}
