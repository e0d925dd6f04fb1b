import { createInterface } from 'node:readline'
import { DeltaClient } from '../../test/xds/client.ts'

/**
 * Many simulated proxies in one process. On a line `connect` all connect at once, on `reconnect` they come back with the versions that they hold;
 * each goes through what Envoy does: clusters and listeners, then endpoints by name, then routes by name. Answers one line of JSON when all have all.
 */
const [socket = '', first = '0', count = '1', services = '0'] = process.argv.slice(2)
const wanted = Number(services)
let clients: DeltaClient[] = []

for await (const line of createInterface({ input: process.stdin })) {
  const before = clients
  for (const client of before) void client.close()
  const start = performance.now()
  clients = Array.from({ length: Number(count) }, (_, index) => open(Number(first) + index, line === 'reconnect' ? before[index] : undefined))
  const ms = await Promise.all(clients.map(async (client) => (await complete(client), performance.now() - start)))
  const resources = clients.reduce((sum, { responses }) => sum + responses.reduce((all, response) => all + response.resources.length, 0), 0)
  console.log(JSON.stringify({ ms, resources }))
}
process.exit(0)

function open(id: number, before: DeltaClient | undefined): DeltaClient {
  const asked = new Set<string>()
  const client = new DeltaClient(
    { socket },
    {
      id: `proxy-${id}`,
      envoy: '1.40.0',
      seen: (response, type) => {
        const names = response.resources.map(({ name }) => name).filter((name) => !asked.has(`${type}/${name}`))
        for (const name of names) asked.add(`${type}/${name}`)
        if (type === 'cluster' && before === undefined && names.length > 0) client.subscribe('endpoints', names)
        if (type === 'listener' && before === undefined && names.length > 0) client.subscribe('routes', names)
      },
    },
  )
  if (before) for (const [type, held] of before.state) client.state.set(type, new Map(held))
  client.subscribe('cluster', [], before?.held('cluster') ?? {})
  client.subscribe('listener', [], before?.held('listener') ?? {})
  for (const type of before ? (['endpoints', 'routes'] as const) : []) {
    client.subscribe(type, [...(before?.state.get(type)?.keys() ?? [])], before?.held(type) ?? {})
  }
  return client
}

async function complete(client: DeltaClient): Promise<void> {
  const has = (type: 'cluster' | 'endpoints' | 'listener' | 'routes', least: number): boolean => (client.state.get(type)?.size ?? 0) >= least
  await client.until('everything', () => has('cluster', wanted) && has('endpoints', wanted) && has('listener', 1) && has('routes', 1), 120_000)
  // Everything that the server had to say has been said when it answers this.
  client.subscribe('runtime', ['fence'])
  await client.until('an answer', () => client.of('runtime').some(({ removedResources }) => removedResources.includes('fence')), 120_000)
}
