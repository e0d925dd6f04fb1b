import { createInterface } from 'node:readline'
import { serve } from '../../src/serve.ts'

/**
 * A control plane in a process of its own, to be killed: `node test/serve/control-plane.ts <gateway.yaml> <socket>`.
 * It writes one JSON line an event, answers the line `status` on stdin with the status of its proxies, and ends with its stdin.
 */
const [, , config = '', socket = ''] = process.argv
const say = (what: object): boolean => process.stdout.write(`${JSON.stringify(what)}\n`)
const serving = await serve({ config, env: {} })
serving.xds.onEvent((event) => say(event))
await serving.xds.listen({ socket })
const versions = Object.fromEntries([...serving.good.resources].map(([key, { version }]) => [key, version]))
say({ kind: 'listening', versions })
for await (const line of createInterface({ input: process.stdin }))
  if (line === 'status') say({ kind: 'status', proxies: serving.xds.status().proxies })
process.exit(0)
