import { create } from '@bufbuild/protobuf'
import { mkdtemp, rm } from 'node:fs/promises'
import { Agent } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ActionSchema, RBAC_Action } from '#gen/envoy/config/rbac/v3/rbac_pb.js'
import { LocalRateLimitSchema } from '#gen/envoy/extensions/filters/http/local_ratelimit/v3/local_rate_limit_pb.js'
import { RBACSchema } from '#gen/envoy/extensions/filters/http/rbac/v3/rbac_pb.js'
import { HttpRequestHeaderMatchInputSchema } from '#gen/envoy/type/matcher/v3/http_inputs_pb.js'
import { any } from '../../src/envoy/any.ts'
import { bootstrap } from '../../src/envoy/bootstrap.ts'
import { seconds } from '../../src/envoy/duration.ts'
import { emitListener } from '../../src/envoy/listener.ts'
import { bootstrapLayers } from '../../src/envoy/runtime-layers.ts'
import { baseExtensions, extension, optOut, slots } from '../../src/envoy/slots.ts'
import { createXds, type Xds } from '../../src/xds/xds.ts'
import type { Resource } from '../../src/xds/resource.ts'
import { type Echo, startEcho } from '../support/echo.ts'
import { startEnvoy, type TestEnvoy } from '../support/envoy.ts'
import { freePort } from '../support/free-port.ts'
import { send } from '../support/http.ts'
import { forward, listenerNode, type RouteInit, routeTable, staticCluster } from '../support/resources.ts'
import { until } from '../support/until.ts'

let dir: string
let xds: Xds
let echo: Echo
let envoy: TestEnvoy
let port: number
const keepAlive = new Agent({ keepAlive: true, maxSockets: 1 })

const limited = (path: string, more: RouteInit = {}): RouteInit =>
  forward(path, 'echo', {
    ...more,
    action: {
      case: 'route',
      value: {
        clusterSpecifier: { case: 'cluster', value: 'echo' },
        rateLimits: [
          { stage: 1, actions: [{ actionSpecifier: { case: 'genericKey', value: { descriptorKey: 'route', descriptorValue: 'limited' } } }] },
        ],
      },
    },
  })

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sluice-xds-'))
  const socket = join(dir, 'xds.sock')
  xds = createXds()
  await xds.listen({ socket })
  echo = await startEcho()
  port = await freePort()
  const put = [
    ...bootstrapLayers(['public']),
    ...baseExtensions(),
    emitListener(listenerNode(port)),
    staticCluster('echo', echo.port),
    routeTable('public', [limited('/limited'), forward('/', 'echo')]),
  ]
  xds.publish({ put, remove: [] })
  envoy = await startEnvoy({
    bootstrap: (path) => bootstrap({ nodeId: 'n', nodeCluster: 'c', xds: { type: 'pipe', path: socket }, admin: { type: 'pipe', path } }),
  })
  await until('it listens', async () => (await send(port, '/')).status === 200)
})
afterAll(async () => {
  await envoy.stop()
  await xds.close()
  await echo.close()
  keepAlive.destroy()
  await rm(dir, { recursive: true, force: true })
})

/** Publishes, waits until Envoy has answered, and checks that it refused nothing. */
async function publish(...put: Resource[]): Promise<void> {
  await xds.settled(xds.publish({ put, remove: [] }))
  expect(xds.status().proxies.map((proxy) => proxy.rejected)).toEqual([[]])
}

const counters = async () => [
  await envoy.stat('listener_manager.listener_modified'),
  await envoy.stat('listener_manager.listener_in_place_updated'),
  await envoy.stat('http.public.downstream_cx_drain_close'),
]

describe('the listener on a live Envoy', () => {
  it('is served with every ECDS slot accepted', async () => {
    const live = slots.filter((slot) => slot.ecds).length
    const [proxy] = xds.status().proxies
    expect(proxy?.rejected).toEqual([])
    expect(proxy?.types.extension).toMatchObject({ subscribed: live, accepted: live })
    expect(proxy?.types.runtime).toMatchObject({ accepted: 2 })
  })

  it('takes new limits and revocations without a drained connection', async () => {
    const call = (path: string, headers = {}) => send(port, path, { agent: keepAlive, headers })
    expect((await call('/limited')).status).toBe(200)
    const full = { defaultValue: { numerator: 100 } }
    const plenty = { maxTokens: 1_000_000, tokensPerFill: 1_000_000, fillInterval: seconds(1) }
    await publish(
      extension(
        'limits-a',
        create(LocalRateLimitSchema, {
          statPrefix: 'limits-a',
          stage: 1,
          tokenBucket: plenty,
          filterEnabled: full,
          filterEnforced: full,
          descriptors: [
            { entries: [{ key: 'route', value: 'limited' }], tokenBucket: { maxTokens: 2, tokensPerFill: 1, fillInterval: seconds(3600) } },
          ],
        }),
      ),
    )
    expect(await Promise.all([1, 2, 3].map(async () => (await call('/limited')).status)).then((all) => all.sort())).toEqual([200, 200, 429])
    // A change of the routes keeps the bucket empty.
    await publish(routeTable('public', [limited('/limited'), forward('/', 'echo'), forward('/never', 'echo')]))
    expect((await call('/limited')).status).toBe(429)
    expect((await call('/')).status).toBe(200)
    // One route leaves the filter.
    await publish(routeTable('public', [limited('/limited', { typedPerFilterConfig: { 'limits-a': optOut('limits-a') } }), forward('/', 'echo')]))
    expect((await call('/limited')).status).toBe(200)
    // All routes leave it, as they do while it has nothing to limit, and come back to the same bucket.
    await publish(routeTable('public', [limited('/limited'), forward('/', 'echo')], { 'limits-a': optOut('limits-a') }))
    expect((await call('/limited')).status).toBe(200)
    await publish(routeTable('public', [limited('/limited'), forward('/', 'echo')]))
    expect((await call('/limited')).status).toBe(429)

    await publish(extension('revocation-recent', revoked('bad')))
    expect((await call('/', { 'x-token': 'bad' })).status).toBe(403)
    expect((await call('/', { 'x-token': 'good' })).status).toBe(200)
    expect(await envoy.stat('limits-a.http_local_rate_limit.rate_limited')).toBe(3)
    expect(await envoy.stat('http.public.rbac.denied')).toBe(1)
    expect(await counters()).toEqual([0, 0, 0])
  })
})

function revoked(id: string) {
  const action = (kind: RBAC_Action) => ({
    onMatch: { case: 'action' as const, value: { name: 'verdict', typedConfig: any(ActionSchema, { name: 'verdict', action: kind }) } },
  })
  return create(RBACSchema, {
    matcher: {
      matcherType: {
        case: 'matcherTree',
        value: {
          input: { name: 'token', typedConfig: any(HttpRequestHeaderMatchInputSchema, { headerName: 'x-token' }) },
          treeType: { case: 'exactMatchMap', value: { map: { [id]: action(RBAC_Action.DENY) } } },
        },
      },
      onNoMatch: action(RBAC_Action.ALLOW),
    },
  })
}
