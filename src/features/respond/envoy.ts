import { HeaderValueOption_HeaderAppendAction } from '#gen/envoy/config/core/v3/base_pb.js'
import { rawReplyRule } from '../../envoy/local-replies.ts'
import type { EnvoyParts } from '../../envoy/parts.ts'
import { compare } from '../../lib/compare.ts'
import type { Respond } from './model.ts'

export const envoy: EnvoyParts<Respond> = {
  route: (respond) => ({
    respond: {
      status: respond.status,
      ...(respond.body === undefined ? {} : { body: { specifier: { case: 'inlineString', value: respond.body } } }),
    },
    responseHeadersToAdd: Object.entries(respond.headers)
      .sort(([a], [b]) => compare(a, b))
      .map(([key, value]) => ({
        header: { key, value: value.replaceAll('%', '%%') },
        appendAction: HeaderValueOption_HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD,
      })),
    metadataRules: [rawReplyRule()],
  }),
}
