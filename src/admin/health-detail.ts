import { type Static, Type } from 'typebox'
import type { AdminContext } from './context.ts'
import { findingSchema, findings } from './findings.ts'
import { readiness } from './readiness.ts'
import { configStateSchema, proxySchema } from './status-schema.ts'
import { configStateView, proxyViews } from './status-view.ts'

const part = Type.Enum(['up', 'degraded', 'down'])

export const healthDetailSchema = Type.Object({
  status: part,
  reasons: Type.Array(Type.String()),
  config: Type.Object({
    status: part,
    ...configStateSchema.properties,
    lastGoodAgeSeconds: Type.Number({ description: 'Age of what is served while the files say something else; 0 when the files are served.' }),
    errors: Type.Array(findingSchema, { description: 'Errors of the newest look at the files, when they are not served.' }),
  }),
  proxies: Type.Array(Type.Pick(proxySchema, ['id', 'version', 'address', 'connectedSince', 'state', 'waiting'])),
  refusedProxies: Type.Integer({ description: 'Proxies that are not served.' }),
  engine: Type.Optional(Type.Object({ state: Type.String(), detail: Type.Optional(Type.String()) }, { description: 'The supervised proxy.' })),
})

/** What `/health/detailed` shows. */
export async function healthDetail(cx: AdminContext): Promise<Static<typeof healthDetailSchema>> {
  const { missing, degraded } = await readiness(cx)
  const config = configStateView(cx)
  const proxies = await proxyViews(cx)
  const engine = cx.engine?.()
  const servedSince = config.state === 'serving' ? undefined : config.since
  return {
    status: missing.length > 0 ? 'down' : degraded.length > 0 ? 'degraded' : 'up',
    reasons: [...missing, ...degraded],
    config: {
      status: config.state === 'serving' ? 'up' : config.state === 'none' ? 'down' : 'degraded',
      ...config,
      lastGoodAgeSeconds: servedSince === undefined ? 0 : Math.max(0, Date.now() - Date.parse(servedSince)) / 1_000,
      errors: findings(cx.source.last).shown.filter(({ severity }) => severity === 'error'),
    },
    proxies: proxies.map(({ id, version, address, connectedSince, state, waiting }) => ({ id, version, address, connectedSince, state, waiting })),
    refusedProxies: cx.source.fleet.refused.length,
    ...(engine && { engine: { state: engine.state, ...(engine.detail === undefined ? {} : { detail: engine.detail }) } }),
  }
}
