import type { LowerCx, NodeDraft } from '../../feature.ts'
import { type AttributeText, readAttributeText } from '../../model/attribute-text.ts'
import type { Written } from './config.ts'

/** A parameter and its value, as they are meant. */
export interface Added {
  readonly name: string
  readonly value: string | AttributeText
}

export interface Query {
  readonly set: readonly Added[]
  readonly add: readonly Added[]
  readonly remove: readonly string[]
}

export function lower(value: unknown, _node: NodeDraft, cx: LowerCx): Query {
  const written = value as Written
  return { set: lowerValues('set', written, cx), add: lowerValues('add', written, cx), remove: [...(written.remove ?? [])].sort() }
}

/** In the order of their names, so that the order in the file means nothing. */
function lowerValues(key: 'set' | 'add', written: Written, cx: LowerCx): Added[] {
  const entries = Object.entries(written[key] ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
  return entries.flatMap(([name, text]): Added[] => {
    const path = ['query', key, name]
    const read = readAttributeText(text, path, cx)
    if (read === undefined) return []
    if (typeof read !== 'string' && read.parts.some((part) => typeof part !== 'string' && part.type === 'service')) {
      const help = 'which service takes the request is decided after its query is written'
      cx.report({ code: 'query/no-service', message: '{service} cannot be a part of the query', path, help })
    }
    return [{ name, value: read }]
  })
}

/** What of the client's parameters goes, as keys, sorted: a parameter that is set has one value. */
export function goneOf({ set, remove }: Query): Record<string, true> {
  const names = new Set([...set.map(({ name }) => name), ...remove])
  return Object.fromEntries([...names].sort().map((name) => [name, true]))
}

export function written({ set, add, remove }: Query): Written {
  const texts = (list: readonly Added[]): Record<string, string> =>
    Object.fromEntries(list.map(({ name, value }) => [name, typeof value === 'string' ? value.replaceAll('{', '{{') : value.written]))
  return {
    ...(set.length > 0 && { set: texts(set) }),
    ...(add.length > 0 && { add: texts(add) }),
    ...(remove.length > 0 && { remove: [...remove] }),
  }
}
