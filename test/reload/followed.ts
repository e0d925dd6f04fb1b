import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ServeEvent } from '../../src/reload/events.ts'
import { serve, type ServeOptions, type Serving } from '../../src/serve.ts'
import { until } from '../support/until.ts'

/** A served file in a directory of its own, for tests that play the editor. */
export interface Followed extends AsyncDisposable {
  readonly dir: string
  readonly config: string
  readonly serving: Serving
  readonly events: readonly ServeEvent[]
  kinds(): string[]
  /** Resolves when what is served has the route. */
  served(route: string, ms?: number): Promise<void>
  /** Version of the routes that the proxies are given. */
  version(): string
}

/** Text of a gateway with these routes, each answering by itself. */
export function gatewayText(routes: readonly string[], extra = ''): string {
  const listed = routes.map((name) => `  ${name}:\n    match: {path: /${name}}\n    respond: {status: 200, text: ${name}}\n`)
  return `version: 1\n${extra}listeners:\n  public: {port: 8080}\nroutes:\n${listed.join('')}`
}

export async function follow(
  text: string,
  options: Partial<ServeOptions> & { readonly prepare?: (dir: string) => Promise<string> } = {},
): Promise<Followed> {
  const dir = await mkdtemp(join(tmpdir(), 'sluice-follow-'))
  const { prepare, ...rest } = options
  const config = prepare ? await prepare(dir) : join(dir, 'gateway.yaml')
  if (!prepare) await writeFile(config, text)
  const events: ServeEvent[] = []
  const serving = await serve({ config, env: {}, stateDir: join(dir, '.sluice'), log: (event) => events.push(event), ...rest })
  const version = (): string => serving.xds.served({ type: 'routes', name: 'public' })?.version ?? ''
  return {
    dir,
    config,
    serving,
    events,
    version,
    kinds: () => events.map(({ kind }) => kind),
    served: async (route, ms) => void (await until(`route ${route} is served`, () => serving.good.gateway.routes.has(route), ms)),
    async [Symbol.asyncDispose]() {
      await serving.close()
      await rm(dir, { recursive: true, force: true })
    },
  }
}
