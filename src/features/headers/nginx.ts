import type { NginxParts } from '../../nginx/parts.ts'
import type { HeaderChanges, Headers } from './model.ts'

/** Request headers that nginx writes itself, after everything that a route could do to them. */
const ownHeaders = new Set(['x-forwarded-for', 'x-forwarded-proto', 'x-request-id', 'http2-settings'])

export const nginx: NginxParts<Headers> = {
  state: ({ request, response }) => ({ request: data(request), response: data(response) }),
  *support({ request }) {
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

function data({ set, add, remove }: HeaderChanges) {
  return { set: { ...set }, add: { ...add }, remove }
}
