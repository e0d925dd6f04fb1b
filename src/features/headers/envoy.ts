import { HeaderValueOption_HeaderAppendAction } from '#gen/envoy/config/core/v3/base_pb.js'
import { attributeFormat } from '../../envoy/attribute-format.ts'
import type { EnvoyParts, RoutePatch } from '../../envoy/parts.ts'
import type { Match, Route } from '../../model/gateway.ts'
import type { HeaderChanges, Headers } from './model.ts'

type Additions = NonNullable<RoutePatch['requestHeadersToAdd']>

export const envoy: EnvoyParts<Headers> = {
  route: ({ request, response }, route, match) => {
    const onRequest = additions(request, route, match)
    const onResponse = additions(response, route, match)
    const rules = new Map([...onRequest.rules, ...onResponse.rules].map((rule) => [rule.onHeaderPresent?.key, rule]))
    return {
      requestHeadersToAdd: onRequest.headers,
      requestHeadersToRemove: [...request.remove, ...variable(request)],
      responseHeadersToAdd: onResponse.headers,
      responseHeadersToRemove: [...response.remove, ...variable(response)],
      ...(rules.size === 0 ? {} : { metadataRules: [...rules.values()] }),
    }
  },
}

/**
 * Headers that are set to what only the request tells. Envoy leaves a header out whose value turns out to be empty, and the one that the client sent
 * would pass for the gateway's: so it goes first, in any case.
 */
function variable({ set }: HeaderChanges): string[] {
  return Object.keys(set).filter((name) => typeof set[name] !== 'string')
}

function additions(changes: HeaderChanges, route: Route, match: Match): { readonly headers: Additions; readonly rules: readonly Rule[] } {
  const rules: Rule[] = []
  const list = (values: HeaderChanges['set'], appendAction: HeaderValueOption_HeaderAppendAction): Additions =>
    Object.entries(values).map(([key, text]) => {
      const made = attributeFormat(text, route, match)
      rules.push(...made.rules)
      return { header: { key, value: made.format }, appendAction, keepEmptyValue: typeof text === 'string' }
    })
  const headers = [
    ...list(changes.set, HeaderValueOption_HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD),
    ...list(changes.add, HeaderValueOption_HeaderAppendAction.APPEND_IF_EXISTS_OR_ADD),
  ]
  return { headers, rules }
}

type Rule = ReturnType<typeof attributeFormat>['rules'][number]
