import type { MessageInitShape } from '@bufbuild/protobuf'
import type { HeaderMutationSchema } from '#gen/envoy/config/common/mutation_rules/v3/mutation_rules_pb.js'
import { HeaderMutationSchema as EarlyHeaderMutationSchema } from '#gen/envoy/extensions/http/early_header_mutation/header_mutation/v3/header_mutation_pb.js'
import type { TypedExtensionConfigSchema } from '#gen/envoy/config/core/v3/extension_pb.js'
import type { StringMatcherSchema } from '#gen/envoy/type/matcher/v3/string_pb.js'
import { any } from './any.ts'

type Mutation = MessageInitShape<typeof HeaderMutationSchema>
type Pattern = NonNullable<MessageInitShape<typeof StringMatcherSchema>['matchPattern']>

/** Prefixes of request headers that only the gateway may set: identity for upstreams, its own bookkeeping, and what Envoys tell each other. */
const ownedPrefixes: readonly string[] = ['x-auth-', 'x-sluice-', 'x-envoy-']

const prefixed = (prefix: string): Mutation => onMatch({ case: 'prefix', value: prefix })
const exactly = (name: string): Mutation => onMatch({ case: 'exact', value: name })

/** A rule on the key costs a request about 500 instructions, the removal of a name about 900. */
function onMatch(matchPattern: Pattern): Mutation {
  return { action: { case: 'removeOnMatch', value: { keyMatcher: { matchPattern } } } }
}

/**
 * Removes headers that a client has no right to send, before routing and before any filter, on every route, public ones too.
 * Forwarding headers are believed only behind a trusted proxy.
 */
export function stripOwnedHeaders(trustedHops: number): MessageInitShape<typeof TypedExtensionConfigSchema> {
  const forwarded = trustedHops === 0 ? ['x-forwarded-host', 'x-forwarded-port', 'forwarded'] : []
  const mutations = [...ownedPrefixes.map(prefixed), ...forwarded.map(exactly)]
  return { name: 'strip-owned-headers', typedConfig: any(EarlyHeaderMutationSchema, { mutations }) }
}
