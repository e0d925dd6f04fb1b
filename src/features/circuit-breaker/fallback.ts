import { extname } from 'node:path'
import type { LowerCx } from '../../feature.ts'
import { type FixedAnswer, lowerAnswer, maxAnswerBody } from '../../model/fixed-answer.ts'
import type { ReadMaterial } from '../../model/material.ts'
import type { Written } from './config.ts'

/** What stands in for a service that rests. `file` is the key of a material that holds the body. */
export type Fallback =
  { readonly type: 'respond'; readonly answer: FixedAnswer; readonly file?: string } | { readonly type: 'service'; readonly service: string }

const codes = { twoBodies: 'circuit-breaker/two-bodies', tooLarge: 'circuit-breaker/body-too-large' }
const at = ['circuitBreaker', 'fallback', 'respond'] as const

/** Types by the ending of a file; others are bytes. */
const types: Readonly<Record<string, string>> = {
  '.json': 'application/json',
  '.html': 'text/html; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.xml': 'application/xml',
}

export function lowerFallback(written: NonNullable<Written['fallback']>, cx: LowerCx): Fallback {
  if ('service' in written) return { type: 'service', service: written.service }
  const { file, ...rest } = written.respond
  const answer = lowerAnswer(rest, at, codes, cx)
  if (file === undefined) return { type: 'respond', answer }
  if (answer.body !== undefined) {
    cx.report({ code: codes.twoBodies, message: 'an answer has one body: of a file, a text or json', path: [...at, 'file'], side: 'key' })
  }
  const type = types[extname(file)] ?? 'application/octet-stream'
  return {
    type: 'respond',
    answer: { ...answer, headers: { 'content-type': type, ...answer.headers } },
    file: `file:${cx.file(file, [...at, 'file'])}`,
  }
}

/** Why the file of a fallback cannot be served. */
export function fileProblem(fallback: Fallback, read: ReadMaterial): string | undefined {
  const size = fallback.type === 'respond' && fallback.file !== undefined ? read(fallback.file).length : 0
  return size > maxAnswerBody ? `the file has ${size} bytes; at most ${maxAnswerBody} are served` : undefined
}
