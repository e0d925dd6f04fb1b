import type { Limit } from '../../model/limit.ts'
import type { Json, NginxParts } from '../../nginx/parts.ts'
import { textData } from '../../nginx/text-data.ts'
import type { HeaderChanges, Headers } from './model.ts'

/** Request headers that nginx writes itself, after everything that a route could do to them. */
const ownHeaders = new Set(['x-forwarded-for', 'x-forwarded-proto', 'x-request-id', 'http2-settings'])

export const nginx: NginxParts<Headers> = {
  state: ({ request, response }) => ({ request: data(request), response: data(response) }),
  *support({ request, response }) {
    yield* emptyOnes(request, 'request')
    yield* emptyOnes(response, 'response')
    for (const [kind, names] of [
      ['set', Object.keys(request.set)],
      ['add', Object.keys(request.add)],
      ['remove', request.remove],
    ] as const) {
      for (const name of names) {
        if (!ownHeaders.has(name)) continue
        yield {
          kind: 'refused',
          message: `nginx writes the request header ${name} itself, so a route cannot change it`,
          path: ['headers', 'request', kind],
          help: 'use a header of your own',
        }
      }
    }
  },
}

function* emptyOnes(changes: HeaderChanges, side: string): Iterable<Limit> {
  for (const key of ['set', 'add'] as const) {
    for (const [name, text] of Object.entries(changes[key])) {
      if (text !== '') continue
      yield {
        kind: 'note',
        message: `nginx leaves out a header without a value, such as ${name} here`,
        path: ['headers', side, key],
      }
    }
  }
}

function data({ set, add, remove }: HeaderChanges) {
  return { set: texts(set), add: texts(add), remove }
}

function texts(values: HeaderChanges['set']): Record<string, Json> {
  return Object.fromEntries(Object.entries(values).map(([name, text]) => [name, textData(text)]))
}
