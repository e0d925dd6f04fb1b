import type { LowerCx, NodeDraft } from '../../feature.ts'
import { preset, telling, type Written } from './config.ts'

export interface SecurityHeaders {
  /** Name in lower case and value, for every answer. */
  readonly always: readonly (readonly [name: string, value: string])[]
  /** For answers over TLS. */
  readonly overTls: readonly (readonly [name: string, value: string])[]
  /** A value that is there already stays. */
  readonly keep: boolean
  /** Names in lower case. */
  readonly hide: readonly string[]
}

const names = {
  contentSecurityPolicy: 'content-security-policy',
  crossOriginOpenerPolicy: 'cross-origin-opener-policy',
  crossOriginResourcePolicy: 'cross-origin-resource-policy',
  permissionsPolicy: 'permissions-policy',
  referrerPolicy: 'referrer-policy',
  contentTypeOptions: 'x-content-type-options',
  frameOptions: 'x-frame-options',
} as const

export function lower(value: unknown, _node: NodeDraft, cx: LowerCx): SecurityHeaders {
  const written = value as Written
  const values: Readonly<Record<string, string | undefined>> = { ...preset, ...headersOf(written) }
  const always = Object.entries(names).flatMap(([key, name]): [string, string][] => {
    const text = values[key]
    return text === undefined || text === 'none' ? [] : [[name, text]]
  })
  return {
    always,
    overTls: transport(values['strictTransportSecurity'] ?? 'none', cx),
    keep: written.whenPresent !== 'replace',
    hide: hidden(written.hide),
  }
}

function headersOf({ whenPresent: _, hide: _hide, ...headers }: Written): Partial<Record<string, string>> {
  return headers
}

/** https://www.rfc-editor.org/rfc/rfc6797#section-6.1 */
function transport(text: string, cx: LowerCx): [string, string][] {
  if (text === 'none') return []
  if (!/(^|;)\s*max-age\s*=\s*"?[0-9]+"?\s*(;|$)/i.test(text)) {
    const help = 'write "max-age=31536000", or `none`'
    cx.report({
      code: 'security-headers/no-max-age',
      message: `"${text}" has no max-age`,
      path: ['securityHeaders', 'strictTransportSecurity'],
      help,
    })
  }
  return [['strict-transport-security', text]]
}

function hidden(written: Written['hide']): string[] {
  if (written === 'none') return []
  return [...new Set((written ?? telling).map((name) => name.toLowerCase()))].sort()
}

export function written({ always, overTls, keep, hide }: SecurityHeaders): unknown {
  const sent = new Map([...always, ...overTls])
  const values = Object.entries({ ...names, strictTransportSecurity: 'strict-transport-security' }).flatMap(([key, name]): [string, string][] => {
    const value = sent.get(name) ?? (key in preset ? 'none' : undefined)
    return value === undefined ? [] : [[key, value]]
  })
  return { ...Object.fromEntries(values), whenPresent: keep ? 'keep' : 'replace', hide: hide.length === 0 ? 'none' : hide }
}
