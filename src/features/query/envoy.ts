import type { JsonObject } from '@bufbuild/protobuf'
import { keyOf, ruleOf } from '../../envoy/attribute-format.ts'
import { runLua } from '../../envoy/lua-programs.ts'
import type { EnvoyParts } from '../../envoy/parts.ts'
import type { Attribute } from '../../model/attribute.ts'
import type { Route } from '../../model/gateway.ts'
import { type Added, goneOf, type Query } from './model.ts'

/** https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/lua_filter; lua/envoy/query.lua reads the data. */
export const envoy: EnvoyParts<Query> = {
  route: (query, route, match) => {
    if (route.action.type !== 'forward') return {}
    const added = [...query.set, ...query.add]
    const data = {
      gone: goneOf(query),
      added: added.map(({ name, value }) => ({ name, parts: partsOf(value, route) })),
    }
    const notes = new Map(added.flatMap(({ value }) => attributesOf(value).map((one) => [keyOf(one), one])))
    return {
      perFilter: { lua: runLua('query', data) },
      metadataRules: [...notes].flatMap(([key, one]) => ruleOf(one, match, key) ?? []),
    }
  },
}

function partsOf(value: Added['value'], route: Route): JsonObject[] {
  if (typeof value === 'string') return value === '' ? [] : [{ text: value }]
  return value.parts.map((part): JsonObject => {
    if (typeof part === 'string') return { text: part }
    if (part.type === 'route') return { text: route.name }
    if (part.type === 'client.ip') return { client: true }
    return { noted: keyOf(part) }
  })
}

function attributesOf(value: Added['value']): readonly Attribute[] {
  return typeof value === 'string' ? [] : value.parts.filter((part) => typeof part !== 'string')
}
