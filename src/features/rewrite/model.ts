import type { LowerCx, NodeDraft } from '../../feature.ts'
import type { Written } from './config.ts'

/** At most one of `prefix` and `path`. */
export interface Rewrite {
  /** Without a trailing slash, except `/` itself. */
  readonly prefix?: string
  readonly path?: string
  readonly host?: string
}

export function lower(value: unknown, _node: NodeDraft, cx: LowerCx): Rewrite {
  const { prefix, path, host } = value as Written
  if (prefix !== undefined && path !== undefined) {
    cx.report({ code: 'rewrite/prefix-and-path', message: 'a rewrite has a prefix or a path, not both', path: ['rewrite', 'path'], side: 'key' })
  }
  return {
    ...(prefix === undefined ? {} : { prefix: prefix.replace(/(?<=.)\/+$/, '') }),
    ...(path === undefined || prefix !== undefined ? {} : { path }),
    ...(host === undefined ? {} : { host }),
  }
}

/** Variables that a rewritten path uses. */
export function variablesOf(path: string): string[] {
  return [...path.matchAll(/\{([^{}]*)\}/g)].map((found) => found[1] ?? '')
}
