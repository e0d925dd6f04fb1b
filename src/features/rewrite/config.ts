import { Type } from 'typebox'

/** What the user writes. */
export interface Written {
  prefix?: string
  path?: string
  host?: string
}

/** A path without query and fragment. */
const path = '^/[\\x21-\\x22\\x24-\\x3e\\x40-\\x7e]*$'

export const schema = Type.Object(
  {
    prefix: Type.Optional(
      Type.String({ pattern: path, title: 'path', description: 'What takes the place of the matched prefix.', examples: ['/', '/v2'] }),
    ),
    path: Type.Optional(
      Type.String({
        pattern: path,
        title: 'path',
        description: 'The new path; may use the variables of a template match.',
        examples: ['/orders/{id}'],
      }),
    ),
    host: Type.Optional(
      Type.String({ pattern: '^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?$', maxLength: 255, description: 'The new Host header.' }),
    ),
  },
  {
    additionalProperties: false,
    minProperties: 1,
    description: 'What the service sees instead of the requested path and host.',
    examples: [{ prefix: '/' }],
  },
)
