import { HeaderValueOption_HeaderAppendAction } from '#gen/envoy/config/core/v3/base_pb.js'
import type { EnvoyParts, RoutePatch } from '../../envoy/parts.ts'
import type { HeaderChanges, Headers } from './model.ts'

type Additions = NonNullable<RoutePatch['requestHeadersToAdd']>

export const envoy: EnvoyParts<Headers> = {
  route: ({ request, response }) => ({
    requestHeadersToAdd: additions(request),
    requestHeadersToRemove: [...request.remove],
    responseHeadersToAdd: additions(response),
    responseHeadersToRemove: [...response.remove],
  }),
}

function additions(changes: HeaderChanges): Additions {
  return [
    ...Object.entries(changes.set).map(([key, value]) => ({
      header: { key, value: literal(value) },
      appendAction: HeaderValueOption_HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD,
      keepEmptyValue: true,
    })),
    ...Object.entries(changes.add).map(([key, value]) => ({
      header: { key, value: literal(value) },
      appendAction: HeaderValueOption_HeaderAppendAction.APPEND_IF_EXISTS_OR_ADD,
      keepEmptyValue: true,
    })),
  ]
}

/** Envoy reads `%NAME%` in header values as a command. https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage */
function literal(value: string): string {
  return value.replaceAll('%', '%%')
}
