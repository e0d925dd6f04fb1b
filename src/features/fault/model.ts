import type { LowerCx, NodeDraft } from '../../feature.ts'
import { parsePercent } from '../../lib/parse-percent.ts'
import type { Material } from '../../model/material.ts'
import { readDuration } from '../../model/read-duration.ts'
import { secretKey } from '../../model/secret-key.ts'
import type { Written } from './config.ts'

/** Time in milliseconds, shares in percent. `secret` is the key of a material; the header is in lower case. */
export interface Fault {
  readonly delay?: { readonly time: number; readonly percent: number }
  readonly abort?: { readonly status: number; readonly percent: number }
  readonly onlyWith?: { readonly header: string; readonly secret: string }
}

/** Headers that never arrive as the client sent them, so that a secret in them would not be seen. */
const reserved = /^x-(?:auth-|sluice-|envoy-|forwarded-|request-id$)/

export function lower(value: unknown, _node: NodeDraft, cx: LowerCx): Fault {
  const { delay, abort, onlyWith } = value as Written
  if (!delay && !abort) {
    const help = 'add `delay: {time: 200ms}` or `abort: {status: 503}`'
    cx.report({ code: 'fault/nothing', message: 'the fault neither delays nor aborts', path: ['fault'], help })
  }
  return {
    ...(delay && { delay: { time: readDuration(delay.time, ['fault', 'delay', 'time'], cx), percent: share(delay.percent) } }),
    ...(abort && { abort: { status: abort.status, percent: share(abort.percent) } }),
    ...(onlyWith && { onlyWith: lowerKey(onlyWith, cx) }),
  }
}

function share(text = '100%'): number {
  return parsePercent(text) ?? 100
}

function lowerKey({ header, secret }: NonNullable<Written['onlyWith']>, cx: LowerCx): NonNullable<Fault['onlyWith']> {
  const name = header.toLowerCase()
  if (reserved.test(name)) {
    cx.report({
      code: 'fault/reserved-header',
      message: `the gateway writes or removes the header ${name} itself, so a caller cannot send a secret in it`,
      path: ['fault', 'onlyWith', 'header'],
      help: 'use a header of your own, such as x-fault',
    })
  }
  return { header: name, secret: secretKey(secret, ['fault', 'onlyWith', 'secret'], cx) }
}

export function material({ onlyWith }: Fault): Material[] {
  return onlyWith ? [{ key: onlyWith.secret, path: ['fault', 'onlyWith', 'secret'], secret: true }] : []
}

/** The secret as it stands in a header; a line break at the end of a file is never meant. */
export function secretText(content: Uint8Array): string {
  return Buffer.from(content)
    .toString('latin1')
    .replace(/\r?\n$/, '')
}

/** What is wrong with a secret, without its text. */
export function secretProblem(content: Uint8Array): string | undefined {
  const text = secretText(content)
  if (!/^[\x21-\x7e]*$/.test(text)) return 'the secret has characters that a header cannot carry unchanged'
  if (text.length < 16) return 'the secret has fewer than 16 characters, so it could be guessed'
  return text.length > 1024 ? 'the secret has more than 1,024 characters' : undefined
}
