import type { WrittenAnswer } from '../config/schema/fixed-answer.ts'
import type { Path } from '../diagnostics/diagnostic.ts'
import type { LowerCx } from '../feature.ts'

/** Largest body of a fixed answer, in bytes: it is part of what every proxy holds in memory. */
export const maxAnswerBody = 65_536

/** An answer of the gateway's own, word for word. */
export interface FixedAnswer {
  readonly status: number
  readonly body?: string
  /** Names in lower case, content-type included when there is a body. */
  readonly headers: Readonly<Record<string, string>>
}

/** Written answer → answer. `codes` names the findings of the feature that it belongs to. */
export function lowerAnswer(
  written: WrittenAnswer,
  path: Path,
  codes: { readonly twoBodies: string; readonly tooLarge: string },
  cx: LowerCx,
): FixedAnswer {
  const text = written.json === undefined ? written.text : JSON.stringify(written.json)
  if (written.json !== undefined && written.text !== undefined) {
    cx.report({ code: codes.twoBodies, message: 'an answer has a text or a json body, not both', path: [...path, 'text'], side: 'key' })
  }
  const size = Buffer.byteLength(text ?? '')
  if (size > maxAnswerBody) {
    cx.report({
      code: codes.tooLarge,
      message: `the body has ${size} bytes; at most ${maxAnswerBody} are served`,
      path: [...path, written.json === undefined ? 'text' : 'json'],
    })
  }
  const type: Record<string, string> =
    text === undefined ? {} : { 'content-type': written.json === undefined ? 'text/plain; charset=utf-8' : 'application/json' }
  const own = Object.entries(written.headers ?? {}).map(([name, header]): [string, string] => [name.toLowerCase(), header])
  return { status: written.status, ...(text === undefined ? {} : { body: text }), headers: { ...type, ...Object.fromEntries(own) } }
}

/** The answer as somebody would write it. */
export function writtenAnswer({ status, body, headers }: FixedAnswer): WrittenAnswer {
  const { 'content-type': type, ...others } = headers
  const json = type === 'application/json' && body !== undefined ? parsedJson(body) : undefined
  const usual = json !== undefined || (body !== undefined && type === 'text/plain; charset=utf-8')
  const own = usual ? others : headers
  return {
    status,
    ...(json !== undefined ? { json } : body !== undefined && { text: body }),
    ...(Object.keys(own).length > 0 && { headers: own }),
  }
}

/** Undefined for a text that is not what JSON.stringify makes. */
function parsedJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return JSON.stringify(value) === text ? value : undefined
  } catch {
    return undefined // a text that only says it is JSON
  }
}
