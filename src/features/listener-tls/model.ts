import type { LowerCx, NodeDraft } from '../../feature.ts'
import type { Material } from '../../model/material.ts'
import { secretKey } from '../../model/secret-key.ts'
import type { Written } from './config.ts'

/** `cert` and `key` are keys of materials. */
export interface ListenerTls {
  readonly certificates: readonly { readonly cert: string; readonly key: string }[]
  readonly minVersion: '1.2' | '1.3'
}

export function lower(value: unknown, _node: NodeDraft, cx: LowerCx): ListenerTls {
  const written = value as Written
  const certificates = written.certificates.map(({ cert, key }, index) => ({
    cert: `file:${cx.file(cert, ['tls', 'certificates', index, 'cert'])}`,
    key: secretKey(key, ['tls', 'certificates', index, 'key'], cx),
  }))
  return { certificates, minVersion: written.minVersion ?? '1.2' }
}

export function material(tls: ListenerTls): Material[] {
  return tls.certificates.flatMap(({ cert, key }, index) => [
    { key: cert, path: ['tls', 'certificates', index, 'cert'], secret: false },
    { key, path: ['tls', 'certificates', index, 'key'], secret: true },
  ])
}
