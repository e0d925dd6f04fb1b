import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { HeaderValueOption_HeaderAppendAction } from '#gen/envoy/config/core/v3/base_pb.js'
import { CorsPolicySchema } from '#gen/envoy/extensions/filters/http/cors/v3/cors_pb.js'
import type { StringMatcherSchema } from '#gen/envoy/type/matcher/v3/string_pb.js'
import type { EnvoyParts } from '../../envoy/parts.ts'
import { allowedMethods, type Cors } from './model.ts'
import type { Origin } from './origin.ts'

/** What a service says about other origins does not count: the gateway decides. */
const ofService = ['allow-credentials', 'allow-headers', 'allow-methods', 'allow-origin', 'expose-headers', 'max-age'].map(
  (name) => `access-control-${name}`,
)

/** https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/cors_filter */
export const envoy: EnvoyParts<Cors> = {
  route: (cors, route) => ({
    perFilter: {
      cors: create(CorsPolicySchema, {
        allowOriginStringMatch: cors.origins.map(matcher),
        allowMethods: allowedMethods(cors, route).join(', '),
        allowHeaders: cors.headers.join(', '),
        exposeHeaders: cors.exposeHeaders.join(', '),
        maxAge: String(Math.floor(cors.maxAge / 1000)),
        allowCredentials: cors.credentials,
        forwardNotMatchingPreflights: false,
      }),
    },
    responseHeadersToRemove: ofService,
    // Caches must not give the answer for one origin to another; the filter itself does not say so.
    responseHeadersToAdd: [{ header: { key: 'vary', value: 'Origin' }, appendAction: HeaderValueOption_HeaderAppendAction.APPEND_IF_EXISTS_OR_ADD }],
  }),
}

function matcher(origin: Origin): MessageInitShape<typeof StringMatcherSchema> {
  switch (origin.type) {
    case 'any':
      return { matchPattern: { case: 'exact', value: '*' } }
    case 'exact':
      return { matchPattern: { case: 'exact', value: origin.value } }
    case 'regex':
      return { matchPattern: { case: 'safeRegex', value: { regex: origin.value } } }
  }
}
