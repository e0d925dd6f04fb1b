import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { type Config_Rule, Config_RuleSchema } from '#gen/envoy/extensions/filters/http/header_to_metadata/v3/header_to_metadata_pb.js'
import { canonical } from '../model/canonical.ts'
import type { Match, Target } from '../model/gateway.ts'
import { ruleOf } from './attribute-format.ts'

/** Longer than a label may be, so no endpoint carries it. */
const nobodys = '-'.repeat(129)

/**
 * Rules by which a request chooses among the endpoints of the targets: values of attributes become the criteria of the subset balancer.
 * With `otherwise: refuse` the criterion is there in any case, and a missing or empty value leaves one that no endpoint meets.
 */
export function labelRules(targets: readonly Target[], match: Match): MessageInitShape<typeof Config_RuleSchema>[] {
  const [first] = targets
  return Object.entries(first?.byAttribute ?? {}).flatMap(([key, attribute]): Config_Rule[] => {
    const rule = ruleOf(attribute, match, key, 'envoy.lb')
    const always =
      first?.otherwise === 'refuse' ? [create(Config_RuleSchema, { header: ':method', onHeaderPresent: { ...place(key), value: nobodys } })] : []
    return [...always, ...(rule ? [rule] : [])]
  })
}

function place(key: string) {
  return { metadataNamespace: 'envoy.lb', key }
}

/**
 * Why the targets of one Envoy route cannot choose endpoints as they say; undefined when they can. What a request says goes before what the route says
 * of the same label (verified on Envoy 1.40), and it says it to every target: so targets that differ would overrule each other.
 */
export function labelConflict(targets: readonly Target[]): string | undefined {
  const asked = new Set(targets.map(({ byAttribute, otherwise }) => canonical({ byAttribute, otherwise })))
  if (asked.size < 2) return undefined
  return 'the targets of a route must take the same labels from the request: on Envoy what the request says holds for all of them'
}
