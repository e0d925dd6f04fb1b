import type { Feature } from '../feature.ts'
import { contentHash } from '../lib/content-hash.ts'
import type { Gateway, Listener, Protocol, Service } from '../model/gateway.ts'
import type { ReadMaterial } from '../model/material.ts'
import type { StartNeed, Trust } from './parts.ts'

/** What all features of a node need at start, laid together. */
export function startNeed(features: readonly Feature[], node: Listener | Service, read: ReadMaterial): StartNeed {
  let need: StartNeed = {}
  for (const feature of features) {
    const value = node.policies[feature.name]
    if (value !== undefined && feature.nginx?.start) need = { ...need, ...feature.nginx.start(value, node, read) }
  }
  return need
}

/** Short name of a way to check certificates; equal authorities have equal names. */
function trustName(trust: Trust): string {
  return typeof trust === 'string' ? trust : `ca${contentHash(trust.pem)}`
}

/** Name of the upstream block that a service is reached through, such as `http`, `grpc`, `tls-system`. */
export function upstreamName(protocol: Protocol, trust: Trust | undefined): string {
  const plain = protocol === 'grpc' ? 'grpc' : 'http'
  if (trust === undefined) return plain
  return `${protocol === 'grpc' ? 'grpcs' : 'tls'}-${trustName(trust)}`
}

/** Every way in which the gateway's services check certificates, by name. */
export function trustsOf(features: readonly Feature[], gateway: Gateway, read: ReadMaterial): ReadonlyMap<string, Trust> {
  const trusts = new Map<string, Trust>()
  for (const service of gateway.services.values()) {
    const { trust } = startNeed(features, service, read)
    if (trust !== undefined) trusts.set(trustName(trust), trust)
  }
  return new Map([...trusts].sort(([a], [b]) => (a < b ? -1 : 1)))
}
