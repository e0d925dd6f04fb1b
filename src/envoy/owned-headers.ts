import type { MessageInitShape } from '@bufbuild/protobuf'
import { HeaderMutationSchema as EarlyHeaderMutationSchema } from '#gen/envoy/extensions/http/early_header_mutation/header_mutation/v3/header_mutation_pb.js'
import type { TypedExtensionConfigSchema } from '#gen/envoy/config/core/v3/extension_pb.js'
import { quoteRegex } from '../model/regex.ts'
import { any } from './any.ts'

/** Prefixes of request headers that only the gateway may set: identity for upstreams, its own bookkeeping, and what Envoys tell each other. */
const ownedPrefixes: readonly string[] = ['x-auth-', 'x-sluice-', 'x-envoy-']

/** Believed only behind a trusted proxy. */
const forwardingHeaders: readonly string[] = ['x-forwarded-host', 'x-forwarded-port', 'forwarded']

/**
 * Removes headers that a client has no right to send, before routing and before any filter, on every route, public ones too.
 * One regex for all of them: Envoy goes through the headers of a request once for each rule.
 */
export function stripOwnedHeaders(trustedHops: number): MessageInitShape<typeof TypedExtensionConfigSchema> {
  const forwarding = trustedHops === 0 ? forwardingHeaders.map(quoteRegex) : []
  const regex = [...ownedPrefixes.map((prefix) => `${quoteRegex(prefix)}.*`), ...forwarding].join('|')
  const keyMatcher = { matchPattern: { case: 'safeRegex' as const, value: { regex } } }
  const mutations = [{ action: { case: 'removeOnMatch' as const, value: { keyMatcher } } }]
  return { name: 'strip-owned-headers', typedConfig: any(EarlyHeaderMutationSchema, { mutations }) }
}
