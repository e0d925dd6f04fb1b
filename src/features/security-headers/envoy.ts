import { HeaderValueOption_HeaderAppendAction as Append } from '#gen/envoy/config/core/v3/base_pb.js'
import { literal } from '../../envoy/attribute-format.ts'
import type { EnvoyParts } from '../../envoy/parts.ts'
import type { SecurityHeaders } from './model.ts'

export const envoy: EnvoyParts<SecurityHeaders> = {
  route: ({ always, overTls, keep, hide }) => {
    const appendAction = keep ? Append.ADD_IF_ABSENT : Append.OVERWRITE_IF_EXISTS_OR_ADD
    const list = (headers: SecurityHeaders['always']) => headers.map(([key, value]) => ({ header: { key, value: literal(value) }, appendAction }))
    return { responseHeadersToAdd: list(always), responseHeadersOverTls: list(overTls), responseHeadersToRemove: [...hide] }
  },
}
