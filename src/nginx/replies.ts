import type { ErrorFormat } from '../model/gateway.ts'
import { overloaded429, type Reply, replies } from '../model/reply-table.ts'
import type { Json } from './parts.ts'

/** Stands for the id of the request until the runtime puts it in; no fixed text of a reply holds it. */
const placeholder = '\u0001'

/** Bodies of the replies that the gateway makes itself, by code: the text before and after the id of the request. */
export function replyBodies(format: ErrorFormat): Json {
  const named: (readonly [string, Reply])[] = [...replies.map((reply) => [reply.code, reply] as const), ['service-overloaded-429', overloaded429]]
  return Object.fromEntries(
    named.map(([name, reply]) => {
      const [before = '', after = ''] = bodyOf(format, reply).split(placeholder)
      return [name, { status: reply.status === 'other' ? 0 : reply.status, type: contentTypes[format], title: reply.title, before, after }]
    }),
  )
}

const contentTypes: Readonly<Record<ErrorFormat, string>> = {
  json: 'application/json',
  'problem-json': 'application/problem+json',
  text: 'text/plain; charset=utf-8',
}

function bodyOf(format: ErrorFormat, { code, detail, status, title }: Reply): string {
  const requestId = placeholder
  switch (format) {
    case 'json': {
      const known = status === 'other' ? {} : { status: String(status) }
      return text({ errors: [{ code: code.toUpperCase().replaceAll('-', '_'), detail, meta: { requestId }, ...known, title }] })
    }
    case 'problem-json':
      return text({ detail, requestId, status: status === 'other' ? 500 : status, title, type: `urn:sluice:problem:${code}` })
    case 'text':
      return `${title}: ${detail}\n`
  }
}

/** Ends with a line break, as Envoy ends the JSON that it makes. */
function text(body: unknown): string {
  return `${JSON.stringify(body).replace('\\u0001', placeholder)}\n`
}
