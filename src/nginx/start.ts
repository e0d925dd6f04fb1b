import type { Feature } from '../feature.ts'
import { compare } from '../lib/compare.ts'
import type { Gateway } from '../model/gateway.ts'
import type { ReadMaterial } from '../model/material.ts'
import { listenerId } from './listener-id.ts'
import type { Trust } from './parts.ts'
import { startNeed, trustsOf } from './trust.ts'

/** What nginx can only be told at start, and nothing else: nginx.conf is made of this alone, so an equal start model means no reload. */
export interface Start {
  /** Ordered by name. */
  readonly listeners: readonly StartListener[]
  /** Ways to check the certificates of services, by the name of their upstream block's ending. */
  readonly trusts: ReadonlyMap<string, Trust>
}

export interface StartListener {
  readonly name: string
  readonly id: string
  readonly address: string
  readonly port: number
  readonly tls?: { readonly minVersion: '1.2' | '1.3' }
  readonly proxyProtocol?: true
}

/** Gateway → what nginx.conf has to say about it. */
export function startOf(gateway: Gateway, features: readonly Feature[], read: ReadMaterial): Start {
  const listeners = [...gateway.listeners.values()].map((listener): StartListener => {
    const { tls, proxyProtocol } = startNeed(features, listener, read)
    const { name, address, port } = listener
    return { name, id: listenerId(name), address, port, ...(tls ? { tls } : {}), ...(proxyProtocol ? { proxyProtocol } : {}) }
  })
  return { listeners: listeners.sort((a, b) => compare(a.name, b.name)), trusts: trustsOf(features, gateway, read) }
}
