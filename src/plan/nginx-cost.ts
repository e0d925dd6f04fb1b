import type { ForNginx } from '../nginx/emit.ts'
import { changedListeners, reloadReasons } from '../nginx/needs-reload.ts'
import type { Line } from '../nginx/state.ts'
import { type Cost, drainOf, lineKinds, type Push } from './cost.ts'
import type { NginxState } from './state.ts'

/**
 * Reads the cost off the start models and the lines. Lines are taken up while connections stay open. A reload ends the connections of every
 * listener: the old workers finish the requests under way, and close.
 */
export function nginxCost(before: NginxState | undefined, { start, state }: ForNginx): Cost {
  const put = [...state.lines.values()].filter(({ key, version }) => before?.lines.get(key)?.version !== version)
  const remove = [...(before?.lines.keys() ?? [])].filter((key) => !state.lines.has(key))
  const pushes = lineKinds.map((type) => push(type, put, remove)).filter(({ put: sent, remove: gone }) => sent + gone > 0)
  const reload = before ? reloadReasons(before.start, start) : []
  if (!before || reload.length === 0) return { pushes, drains: [], reload }
  const changed = changedListeners(before.start, start)
  const drains = before.start.listeners.flatMap(({ name }) => drainOf(before, name, changed.get(name) ?? 'reload'))
  return { pushes, drains, reload }
}

function push(type: (typeof lineKinds)[number], put: readonly Line[], remove: readonly string[]): Push {
  const own = (key: string): boolean => key === type || key.startsWith(`${type}/`)
  const sent = put.filter(({ key }) => own(key))
  const bytes = sent.reduce((sum, { json }) => sum + Buffer.byteLength(json), 0)
  return { type, put: sent.length, remove: remove.filter(own).length, bytes }
}
