import type { LowerCx, NodeDraft } from '../../feature.ts'
import type { Material } from '../../model/material.ts'
import type { Written } from './config.ts'

export interface UpstreamTls {
  readonly serverName?: string
  /** Key of a material; without it the proxy's own authorities. */
  readonly ca?: string
  readonly verify: boolean
}

export function lower(value: unknown, node: NodeDraft, cx: LowerCx): UpstreamTls {
  const written = value as Written
  if (written.verify === false) {
    cx.report({
      code: 'upstream-tls/unverified',
      severity: 'warning',
      message: `service ${node.name} takes any certificate: whoever can answer for its address can read and change the traffic`,
      path: ['tls', 'verify'],
      help: 'give it the `ca` that signs the certificates instead',
    })
  }
  return {
    ...(written.serverName === undefined ? {} : { serverName: written.serverName }),
    ...(written.ca === undefined ? {} : { ca: `file:${cx.file(written.ca, ['tls', 'ca'])}` }),
    verify: written.verify ?? true,
  }
}

export function material(tls: UpstreamTls): Material[] {
  return tls.ca === undefined ? [] : [{ key: tls.ca, path: ['tls', 'ca'], secret: false }]
}
