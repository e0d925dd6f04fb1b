import type { LowerCx, NodeDraft } from '../../feature.ts'
import { type Attribute, hashKeys, readAttribute } from '../../model/attribute.ts'
import type { Strategy, Written } from './config.ts'

export interface Balancing {
  readonly strategy: Strategy
  /** Only with ring-hash and maglev. */
  readonly key?: Attribute
}

export function lower(value: unknown, _node: NodeDraft, cx: LowerCx): Balancing {
  const written = value as Written
  if (typeof written === 'string') return checked({ strategy: written }, undefined, cx)
  return checked({ strategy: written.strategy }, written.key, cx)
}

function checked(balancing: Balancing, key: string | undefined, cx: LowerCx): Balancing {
  const hashes = balancing.strategy === 'ring-hash' || balancing.strategy === 'maglev'
  if (hashes && key === undefined) {
    cx.report({
      code: 'balancing/missing-key',
      message: `${balancing.strategy} needs to know what to hash`,
      path: ['balancing'],
      help: `write {strategy: ${balancing.strategy}, key: client.ip}, or another attribute`,
    })
  }
  if (!hashes && key !== undefined) {
    cx.report({
      code: 'balancing/unused-key',
      message: `${balancing.strategy} takes no key`,
      path: ['balancing', 'key'],
      side: 'key',
      help: 'use ring-hash or maglev, or leave `key` out',
    })
  }
  const attribute = key === undefined ? undefined : readAttribute(key, hashKeys, ['balancing', 'key'], cx)
  return attribute ? { ...balancing, key: attribute } : balancing
}
