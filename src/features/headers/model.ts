import type { LowerCx, NodeDraft } from '../../feature.ts'
import { type AttributeText, readAttributeText } from '../../model/attribute-text.ts'
import type { Changes, Written } from './config.ts'

type HeaderValue = string | AttributeText

/** Names in lower case. */
export interface HeaderChanges {
  readonly set: Readonly<Record<string, HeaderValue>>
  readonly add: Readonly<Record<string, HeaderValue>>
  readonly remove: readonly string[]
}

export interface Headers {
  readonly request: HeaderChanges
  readonly response: HeaderChanges
}

/** Headers that frame the message or choose its route; changing them would break the connection or bypass a check. */
const untouchable = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'upgrade',
  'te',
  'trailer',
  'keep-alive',
  'proxy-connection',
])

/** The gateway writes it last, so that a change would have no effect. */
const lastOfResponse = 'server'

export function lower(value: unknown, _node: NodeDraft, cx: LowerCx): Headers {
  const written = value as Written
  return { request: lowerChanges(written.request, 'request', cx), response: lowerChanges(written.response, 'response', cx) }
}

function lowerChanges(written: Changes | undefined, side: 'request' | 'response', cx: LowerCx): HeaderChanges {
  const usable = (name: string, path: (string | number)[], at: 'key' | 'value'): boolean => {
    const lower = name.toLowerCase()
    if (!untouchable.has(lower) && !(side === 'response' && lower === lastOfResponse)) return true
    const help = lower === 'host' ? 'use `rewrite: {host: …}`' : 'the gateway sets it itself'
    cx.report({ code: 'headers/untouchable', message: `header "${name}" cannot be changed here`, path: ['headers', side, ...path], side: at, help })
    return false
  }
  const values = (key: 'set' | 'add'): Record<string, HeaderValue> => {
    const entries = Object.entries(written?.[key] ?? {}).filter(([name]) => usable(name, [key, name], 'key'))
    const read = entries.flatMap(([name, value]): [string, HeaderValue][] => {
      const text = readAttributeText(value, ['headers', side, key, name], cx)
      return text === undefined ? [] : [[name.toLowerCase(), text]]
    })
    return Object.fromEntries(read.sort(([a], [b]) => (a < b ? -1 : 1)))
  }
  const remove = (written?.remove ?? []).filter((name, index) => usable(name, ['remove', index], 'value')).map((name) => name.toLowerCase())
  return { set: values('set'), add: values('add'), remove: [...new Set(remove)].sort() }
}
