import type { LowerCx, NodeDraft } from '../../feature.ts'
import type { Written } from './config.ts'

/** Largest body of a fixed answer, in bytes. */
const maxBody = 65_536

export interface Respond {
  readonly status: number
  readonly body?: string
  /** Names in lower case, content-type included when there is a body. */
  readonly headers: Readonly<Record<string, string>>
}

export function lower(value: unknown, _node: NodeDraft, cx: LowerCx): Respond {
  const written = value as Written
  const text = written.json === undefined ? written.text : JSON.stringify(written.json)
  if (written.json !== undefined && written.text !== undefined) {
    cx.report({ code: 'respond/text-and-json', message: 'an answer has a text or a json body, not both', path: ['respond', 'text'], side: 'key' })
  }
  const size = Buffer.byteLength(text ?? '')
  if (size > maxBody) {
    cx.report({
      code: 'respond/body-too-large',
      message: `the body has ${size} bytes; at most ${maxBody} are served`,
      path: ['respond', written.json === undefined ? 'text' : 'json'],
    })
  }
  const type: Record<string, string> =
    text === undefined ? {} : { 'content-type': written.json === undefined ? 'text/plain; charset=utf-8' : 'application/json' }
  const own = Object.entries(written.headers ?? {}).map(([name, header]): [string, string] => [name.toLowerCase(), header])
  return { status: written.status, ...(text === undefined ? {} : { body: text }), headers: { ...type, ...Object.fromEntries(own) } }
}
