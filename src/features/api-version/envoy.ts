import { HeaderValueOption_HeaderAppendAction as Append } from '#gen/envoy/config/core/v3/base_pb.js'
import type { EnvoyParts } from '../../envoy/parts.ts'
import { toldOf } from './headers.ts'
import type { ApiVersion } from './model.ts'

/** Calls of deprecated versions are counted by `vhost.HOST.route.NAME.upstream_rq_total`. */
export const envoy: EnvoyParts<ApiVersion> = {
  route(value, route) {
    if (!('by' in value)) return {}
    const { set, add } = toldOf(value)
    const option = (key: string, text: string, appendAction: Append) => ({ header: { key, value: text.replaceAll('%', '%%') }, appendAction })
    return {
      ...(value.deprecated !== undefined && { statPrefix: route.name }),
      responseHeadersToAdd: [
        ...Object.entries(set).map(([name, text]) => option(name, text, Append.OVERWRITE_IF_EXISTS_OR_ADD)),
        ...add.map(([name, text]) => option(name, text, Append.APPEND_IF_EXISTS_OR_ADD)),
      ],
    }
  },
}
