import { type Echo, type Seen, startEcho } from '../support/echo.ts'
import type { Case } from './cases.ts'
import { writtenAs } from './merge.ts'

/** One request as it reached an endpoint. */
export interface Arrival extends Seen {
  readonly service: string
  /** Address of the endpoint as the case wrote it. */
  readonly instance: string
  /** What the request said in the header `x-number`; that header is not among the others. */
  readonly number: string
}

/** Echo upstreams for every endpoint of the cases, for one engine. */
export interface Backends {
  /** Port of an endpoint. */
  place(one: Case, service: string, written: string): number
  /** What health checks of an endpoint are told from now on. */
  setHealthy(one: Case, service: string, written: string, healthy: boolean): void
  /** From now on what comes to these endpoints waits; `endpoints` is a service, or one of its endpoints as `SERVICE/ADDRESS`. */
  hold(one: Case, endpoints: string): Hold
  /** Everything that reached endpoints of the case with a number that begins so, oldest first. */
  arrivals(one: Case, number: string): Arrival[]
  close(): Promise<void>
}

/** Endpoints that hold what comes to them. */
export interface Hold {
  /** Requests that wait. */
  count(): number
  /** Resolves when one more waits. */
  next(): Promise<void>
  /** Lets all of them go on, and holds no more. */
  release(): void
}

/** Header by which the arrivals of a request are found again; never compared. */
export const numberHeader = 'x-number'

/** Header in which an endpoint tells its name; never compared. */
export const instanceHeader = 'x-echo-instance'

export async function startBackends(cases: readonly Case[]): Promise<Backends> {
  const echoes = new Map<string, Echo>()
  const arrived = new Map<string, Arrival[]>(cases.map(({ id }) => [id, []]))
  const start = async (one: Case, service: string, written: string): Promise<void> => {
    const echo = await startEcho(written)
    echo.headers = { [instanceHeader]: written }
    echo.arrived = (seen) => {
      const { [numberHeader]: number, ...headers } = seen.headers
      arrived.get(one.id)?.push({ ...seen, headers, service, number: String(number) })
    }
    echo.say = (seen) => JSON.stringify({ service, method: seen.method, path: seen.url, body: seen.body })
    echoes.set(keyOf(one, service, written), echo)
  }
  const all = cases.flatMap((one) =>
    [...one.gateway.services.values()].flatMap((service) => service.discovery.endpoints.map((at) => start(one, service.name, writtenAs(at)))),
  )
  await Promise.all(all)
  return {
    place: (one, service, written) => echoes.get(keyOf(one, service, written))?.port ?? 0,
    setHealthy: (one, service, written, healthy) => {
      const echo = echoes.get(keyOf(one, service, written))
      if (!echo) throw new Error(`${one.id} has no endpoint ${service}/${written}`)
      echo.healthy = healthy
    },
    hold: (one, endpoints) => {
      const found = [...echoes].filter(([key]) => key.startsWith(`${one.id} `)).filter(([key]) => isOf(key.slice(one.id.length + 1), endpoints))
      if (found.length === 0) throw new Error(`${one.id} has no endpoint ${endpoints}`)
      return hold(found.map(([, echo]) => echo))
    },
    arrivals: (one, number) => (arrived.get(one.id) ?? []).filter((arrival) => arrival.number.startsWith(number)),
    close: async () => void (await Promise.all([...echoes.values()].map((echo) => echo.close()))),
  }
}

function keyOf(one: Case, service: string, written: string): string {
  return `${one.id} ${service} ${written}`
}

/** Whether an endpoint, as `keyOf` says it without its case, is meant by `SERVICE` or `SERVICE/ADDRESS`. */
function isOf(endpoint: string, meant: string): boolean {
  return endpoint.startsWith(`${meant} `) || endpoint === meant.replace('/', ' ')
}

function hold(echoes: readonly Echo[]): Hold {
  const waiting: (() => void)[] = []
  let came = (): void => {}
  for (const echo of echoes) {
    echo.held = () =>
      new Promise((resolve) => {
        waiting.push(resolve)
        came()
      })
  }
  return {
    count: () => waiting.length,
    next: () => new Promise((resolve) => (came = resolve)),
    release: () => {
      for (const echo of echoes) echo.held = () => undefined
      for (const go of waiting) go()
    },
  }
}
