import type { LowerCx, NodeDraft } from '../../feature.ts'
import { readDuration } from '../../model/read-duration.ts'
import type { Written, WrittenFields } from './config.ts'

export interface Sticky {
  readonly cookie: string
  /** Seconds; absent: until the browser is closed. */
  readonly ttl?: number
  readonly path: string
  readonly strict: boolean
  readonly secure: boolean
  readonly sameSite: 'Lax' | 'Strict' | 'None'
}

const sameSites = { lax: 'Lax', strict: 'Strict', none: 'None' } as const

export function lower(value: unknown, _node: NodeDraft, cx: LowerCx): Sticky {
  const written = value as Written
  return lowerFields(typeof written === 'string' ? { cookie: written } : written, cx)
}

function lowerFields({ cookie, ttl, path = '/', strict = false, secure = false, sameSite = 'lax' }: WrittenFields, cx: LowerCx): Sticky {
  if (sameSite === 'none' && !secure) {
    cx.report({
      code: 'sticky/insecure-cookie',
      message: 'browsers drop a cookie with `sameSite: none` that is not secure',
      path: ['sticky', 'sameSite'],
      help: 'add `secure: true`',
    })
  }
  const seconds = ttl === undefined ? undefined : Math.ceil(readDuration(ttl, ['sticky', 'ttl'], cx) / 1000)
  return { cookie, ...(seconds === undefined ? {} : { ttl: seconds }), path, strict, secure, sameSite: sameSites[sameSite] }
}

export function written({ ttl, sameSite, ...rest }: Sticky): unknown {
  return { ...rest, ...(ttl !== undefined && { ttl: ttl * 1_000 }), sameSite: sameSite.toLowerCase() }
}
