import { setImmediate } from 'node:timers/promises'
import { printable } from '../diagnostics/printable.ts'
import type { Proxy, ProxyStatus, Rejection } from '../live/fleet.ts'
import { configState } from './config-state.ts'
import type { AdminContext } from './context.ts'
import type { ConfigStateView, EngineView, ProxyView, RejectionView, StatusView } from './status-schema.ts'

/** How long the event loop may be held, in milliseconds. */
const breakMs = 10

/** What `/api/v1/status` shows. */
export async function statusView(cx: AdminContext): Promise<StatusView> {
  const { publishes, refused } = cx.source.fleet
  const engine = await engineView(cx)
  return {
    config: configStateView(cx),
    publish: publishes,
    proxies: await proxyViews(cx),
    refused: refused.map((proxy) => ({ ...who(proxy), at: iso(proxy.at), reason: printable(proxy.reason) })),
    ...(engine && { engine }),
  }
}

/** The supervised proxy, asked now; undefined when there is none. */
async function engineView({ engine }: Pick<AdminContext, 'engine'>): Promise<EngineView | undefined> {
  const now = engine?.()
  if (!now) return undefined
  const { state, detail, sickEndpoints: ask } = now
  // A proxy that hangs, dies or is not there yet cannot be asked; the rest of the status is worth having all the same.
  const sick = await ask?.().catch(() => 'unknown' as const)
  return {
    state,
    ...(detail === undefined ? {} : { detail }),
    ...(sick && { sickEndpoints: sick === 'unknown' ? sick : sick.map((one) => ({ ...one, address: printable(one.address) })) }),
  }
}

export function configStateView({ source, history }: Pick<AdminContext, 'source' | 'history'>): ConfigStateView {
  const { state, version, since, reason } = configState(source, history)
  return {
    state,
    ...(version === undefined ? {} : { version }),
    ...(since === undefined ? {} : { since: iso(since) }),
    ...(reason === undefined ? {} : { reason }),
  }
}

/** Every proxy, with breaks: with many proxies and many resources the look would hold up the pushes. */
export async function proxyViews(cx: Pick<AdminContext, 'source' | 'culprits'>): Promise<ProxyView[]> {
  const views: ProxyView[] = []
  let since = performance.now()
  for (const proxy of cx.source.fleet.proxies()) {
    views.push(proxyView(proxy, cx))
    if (performance.now() - since < breakMs) continue
    await setImmediate()
    since = performance.now()
  }
  return views
}

function proxyView(proxy: ProxyStatus, cx: Pick<AdminContext, 'culprits'>): ProxyView {
  const types = Object.entries(proxy.types).flatMap(([type, status]) => {
    if (!status) return []
    const { subscribed, wanted, sent, accepted } = status
    return [[type, { subscribed, wanted: wanted.resources, publish: wanted.publish, sent, accepted }] as const]
  })
  const behind = types.some(([, { wanted, accepted }]) => accepted < wanted)
  return {
    ...who(proxy),
    connectedSince: iso(proxy.connectedSince),
    state: proxy.rejected.length > 0 ? 'rejected' : behind ? 'updating' : 'current',
    types: Object.fromEntries(types),
    rejected: proxy.rejected.map((rejection) => rejectionView(rejection, cx)),
    waiting: proxy.waiting.map(printable),
    suppressed: proxy.suppressed,
    staleNonces: proxy.staleNonces,
  }
}

function rejectionView(rejection: Rejection, { culprits }: Pick<AdminContext, 'culprits'>): RejectionView {
  const { type, name, version, heldAt, since } = rejection
  const verdict = culprits.of(rejection)
  return { type, name, version, ...(heldAt === undefined ? {} : { heldAt }), since: iso(since), ...verdict, culprits: [...verdict.culprits] }
}

/** What a proxy says about itself may hold anything. */
function who({ id, cluster, agent, version, address }: Proxy) {
  return { id: printable(id), cluster: printable(cluster), agent: printable(agent), version: printable(version), address }
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}
