import type { Start, StartListener } from '../nginx/start.ts'
import type { Rejection } from './fleet.ts'
import { confType } from './nginx-workers.ts'

type Blamed = Pick<Rejection, 'type' | 'name' | 'owner'>

/** Whom nginx's refusal of an nginx.conf concerns: the listener that its words name, or the only one that is different. */
export function blameConf(message: string, before: Start | undefined, after: Start): Blamed {
  const named = /\blisteners\.([a-z0-9-]+)/.exec(message)?.[1]
  const different = after.listeners.filter((listener) => !before?.listeners.some((old) => same(old, listener)))
  const one = after.listeners.find(({ name }) => name === named) ?? (different.length === 1 ? different[0] : undefined)
  return one ? { type: 'listener', name: one.name, owner: `listener/${one.name}` } : { type: confType, name: confType, owner: undefined }
}

/** Whom the runtime's refusal of a document or delta concerns: what its words name. */
export function blameLines(message: string): Blamed {
  const [, kind, name] = /\b(service|route|listener|host)[/ ]([a-z0-9-]+)/.exec(message) ?? []
  if (kind === undefined || name === undefined) return { type: 'document', name: 'document', owner: undefined }
  return { type: kind, name, owner: kind === 'host' ? `listener/${name}` : `${kind}/${name}` }
}

function same(a: StartListener, b: StartListener): boolean {
  return a.name === b.name && a.address === b.address && a.port === b.port && a.tls?.minVersion === b.tls?.minVersion
}
