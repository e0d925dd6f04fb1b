import { create } from '@bufbuild/protobuf'
import { type Config_Rule, Config_RuleSchema } from '#gen/envoy/extensions/filters/http/header_to_metadata/v3/header_to_metadata_pb.js'
import { contentHash } from '../lib/content-hash.ts'
import type { AttributeText } from '../model/attribute-text.ts'
import type { Attribute } from '../model/attribute.ts'
import type { Match, Route } from '../model/gateway.ts'
import { quoteRegex } from '../model/regex.ts'
import { parameterRegex } from './hash-policy.ts'

/** A text as Envoy formats it, and the rules that a route needs to note what Envoy has no command for. */
export interface AttributeFormat {
  readonly format: string
  readonly rules: readonly Config_Rule[]
}

const metadataNamespace = 'sluice'

/**
 * Text with attributes → Envoy's format. What the request is (headers, cookies, query, path, host) is noted as metadata before anything changes it:
 * so a header can take the value of one that is removed, and answers can name what the client sent. Envoy notes values of at most 8 KiB;
 * a longer one counts as absent. https://www.envoyproxy.io/docs/envoy/latest/configuration/advanced/substitution_formatter
 */
export function attributeFormat(text: string | AttributeText, route: Route, match: Match): AttributeFormat {
  if (typeof text === 'string') return { format: literal(text), rules: [] }
  const rules: Config_Rule[] = []
  const format = text.parts.map((part) => {
    if (typeof part === 'string') return literal(part)
    const command = commandOf(part, route)
    if (command !== undefined) return command
    const key = keyOf(part)
    const rule = ruleOf(part, match, key)
    if (rule) rules.push(rule)
    return `%DYNAMIC_METADATA(${metadataNamespace}:${key})%`
  })
  return { format: format.join(''), rules }
}

/** Envoy reads `%NAME%` as a command. */
export function literal(text: string): string {
  return text.replaceAll('%', '%%')
}

function commandOf(attribute: Attribute, route: Route): string | undefined {
  switch (attribute.type) {
    case 'client.ip':
      return '%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%'
    case 'request.method':
      return '%REQ(:METHOD)%'
    case 'route':
      return literal(route.name)
    case 'service':
      return '%UPSTREAM_CLUSTER%'
    default:
      return undefined
  }
}

/** Names may hold what ends a command, so only plain ones stand for themselves. */
export function keyOf(attribute: Attribute): string {
  if (!('name' in attribute)) return attribute.type
  return `${attribute.type}.${/^[A-Za-z0-9_-]{1,60}$/.test(attribute.name) ? attribute.name : contentHash(attribute.name)}`
}

/** The rule that notes an attribute as metadata; undefined when no request of this match has it. An empty value is not noted. */
export function ruleOf(attribute: Attribute, match: Match, key: string, namespace = metadataNamespace): Config_Rule | undefined {
  const to = { metadataNamespace: namespace, key }
  switch (attribute.type) {
    case 'request.header':
      return rule({ header: attribute.name }, to)
    case 'request.cookie':
      return rule({ cookie: attribute.name }, to)
    case 'request.host':
      return rule({ header: ':authority' }, to, '^(.*?)\\.?(?::[0-9]*)?$')
    case 'request.query':
      // A regex that does not match would leave the whole path, so the second alternative takes all the rest.
      return rule({ header: ':path' }, to, `^(?:[^?]*\\?(?:[^&]*&)*?${quoteRegex(attribute.name)}(?:=([^&]*))?(?:&.*)?|.*)$`)
    case 'request.path': {
      const regex = match.path.type === 'template' ? parameterRegex(match.path.segments, attribute.name) : undefined
      return regex === undefined ? undefined : rule({ header: ':path' }, to, regex)
    }
    case 'request.method':
      return rule({ header: ':method' }, to)
    default:
      return undefined
  }
}

/** With a regex, the value is what its first group takes. */
function rule(
  from: { readonly header: string } | { readonly cookie: string },
  to: { readonly metadataNamespace: string; readonly key: string },
  regex?: string,
): Config_Rule {
  const rewrite = regex === undefined ? {} : { regexValueRewrite: { pattern: { regex }, substitution: '\\1' } }
  return create(Config_RuleSchema, { ...from, onHeaderPresent: { ...to, ...rewrite } })
}
