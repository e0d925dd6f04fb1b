import Type from 'typebox'
import type { Static } from 'typebox'
import { hosts, listenerNames, owner } from './route.ts'

/** A group without its `policy`, which features fill. */
export const group = Type.Object(
  { owner: Type.Optional(owner), hosts: Type.Optional(hosts), listeners: Type.Optional(listenerNames) },
  { description: 'What several routes have in common.', additionalProperties: false },
)

export type GroupValue = Static<typeof group> & { readonly policy?: Readonly<Record<string, unknown>> }
