/** What a feature can read of a request; one vocabulary for hash keys, limits, conditions, header values and log fields. */
export type Attribute =
  /** `request.host` is in lower case and without a port; `route` and `service` are the names of those that take the request. */
  | { readonly type: 'client.ip' | 'request.method' | 'request.host' | 'route' | 'service' }
  /** `request.path.PARAM` is the value of `{PARAM}` in the path template that matched, still percent-encoded. Header names are in lower case. */
  | { readonly type: 'request.header' | 'request.cookie' | 'request.query' | 'request.path'; readonly name: string }

export type AttributeType = Attribute['type']

const token = "[A-Za-z0-9!#$%&'*+.^_`|~-]+"

/** Schema pattern of the attributes that exist today; a use that does not take all of them says so with `readAttribute`. */
export const attributePattern = `^(client\\.ip|route|service|request\\.(method|host|header\\.${token}|cookie\\.${token}|query\\.[^{}\\s]+|path\\.[A-Za-z][A-Za-z0-9_]{0,31}))$`

const shape = new RegExp(attributePattern)

/** Reads `client.ip`, `request.header.NAME` and the like; undefined when it is no attribute. */
export function parseAttribute(text: string): Attribute | undefined {
  if (!shape.test(text)) return undefined
  const named = /^(request\.(?:header|cookie|query|path))\.(.+)$/.exec(text)
  if (!named) return { type: text as 'client.ip' | 'request.method' | 'request.host' | 'route' | 'service' }
  const type = named[1] as 'request.header' | 'request.cookie' | 'request.query' | 'request.path'
  const name = named[2] ?? ''
  return { type, name: type === 'request.header' ? name.toLowerCase() : name }
}

/** As the user writes it. */
export function attributeText(attribute: Attribute): string {
  return 'name' in attribute ? `${attribute.type}.${attribute.name}` : attribute.type
}

/** Which attributes a use takes: `true`, or why it does not, as the end of a sentence that begins with the attribute. A new attribute asks every use. */
export type AttributeUse = Readonly<Record<AttributeType, true | string>>

/** What can choose an endpoint or a target by its hash. */
export const hashKeys: AttributeUse = {
  'client.ip': true,
  'request.method': true,
  'request.host': true,
  'request.header': true,
  'request.cookie': true,
  'request.query': true,
  'request.path': true,
  route: 'is the same for every request of a route, so it would send all of them to one place',
  service: 'is the same for every request of a service, so it would send all of them to one place',
}
