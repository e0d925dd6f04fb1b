import type { Message } from '@bufbuild/protobuf'
import type { Any } from '@bufbuild/protobuf/wkt'
import { compare } from '../lib/compare.ts'
import { perRouteConfig, type SlotName } from './slots.ts'

/** `typed_per_filter_config` of a route or of one of its clusters. */
export function perFilter(messages: Readonly<Partial<Record<SlotName, Message>>>): Record<string, Any> {
  const entries = Object.entries(messages).sort(([a], [b]) => compare(a, b))
  return Object.fromEntries(entries.map(([slot, message]) => [slot, perRouteConfig(slot as SlotName, message)]))
}
