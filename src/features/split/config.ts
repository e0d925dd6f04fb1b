import { Type } from 'typebox'
import { attributePattern } from '../../model/attribute.ts'

/** What the user writes. */
export interface Written {
  by: string
}

export const schema = Type.Object(
  {
    by: Type.String({
      pattern: attributePattern,
      title: 'attribute',
      description: 'Attribute whose value picks the target; requests without it go to a random one, by weight.',
      examples: ['request.cookie.uid', 'request.header.x-user', 'client.ip'],
    }),
  },
  {
    additionalProperties: false,
    description: 'Sends requests with an equal value of an attribute to the same one of several targets. Without it each request is on its own.',
    examples: [{ by: 'request.cookie.uid' }],
  },
)
