/** What a feature can read of a request; one vocabulary for hash keys, limits, conditions, header values and log fields. */
export type Attribute =
  | { readonly type: 'client.ip' }
  | { readonly type: 'request.header'; readonly name: string }
  | { readonly type: 'request.cookie'; readonly name: string }
  | { readonly type: 'request.query'; readonly name: string }

/** Schema pattern of the attributes that exist today. */
export const attributePattern = "^(client\\.ip|request\\.(header\\.[A-Za-z0-9!#$%&'*+.^_`|~-]+|cookie\\.[A-Za-z0-9!#$%&'*+.^_`|~-]+|query\\..+))$"

/** Reads `client.ip`, `request.header.NAME`, `request.cookie.NAME` or `request.query.NAME`; undefined when it is none. */
export function parseAttribute(text: string): Attribute | undefined {
  if (text === 'client.ip') return { type: 'client.ip' }
  const parts = /^request\.(header|cookie|query)\.(.+)$/.exec(text)
  const name = parts?.[2] ?? ''
  switch (parts?.[1]) {
    case 'header':
      return { type: 'request.header', name: name.toLowerCase() }
    case 'cookie':
      return { type: 'request.cookie', name }
    case 'query':
      return { type: 'request.query', name }
    default:
      return undefined
  }
}
