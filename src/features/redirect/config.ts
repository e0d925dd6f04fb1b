import { Type } from 'typebox'

/** What the user writes. */
export interface Written {
  scheme?: 'http' | 'https'
  host?: string
  port?: number
  path?: string
  prefix?: string
  status?: 301 | 302 | 303 | 307 | 308
  stripQuery?: boolean
}

/** A path without query and fragment. */
const path = '^/[\\x21-\\x22\\x24-\\x3e\\x40-\\x7e]*$'

export const schema = Type.Object(
  {
    scheme: Type.Optional(Type.Enum(['http', 'https'], { description: 'Default: that of the request.' })),
    host: Type.Optional(
      Type.String({ pattern: '^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$', maxLength: 253, description: 'Default: that of the request.' }),
    ),
    port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535, description: 'Default: that of the request.' })),
    path: Type.Optional(Type.String({ pattern: path, title: 'path', description: 'The whole new path.' })),
    prefix: Type.Optional(Type.String({ pattern: path, title: 'path', description: 'What takes the place of the matched prefix.' })),
    status: Type.Optional(Type.Enum([301, 302, 303, 307, 308], { description: '307 and 308 keep the method.', default: 308 })),
    stripQuery: Type.Optional(Type.Boolean({ description: 'Leave the query string out.', default: false })),
  },
  { additionalProperties: false, minProperties: 1, description: 'Answers with a redirect.', examples: [{ host: 'shop.example.com', status: 301 }] },
)
