import type { Path } from '../diagnostics/diagnostic.ts'
import type { LowerCx } from '../feature.ts'
import { type Attribute, type AttributeUse, parseAttribute } from './attribute.ts'
import { readAttribute } from './read-attribute.ts'
import type { Target } from './gateway.ts'

/** What may say the value of a label. */
const labelValues: AttributeUse = {
  'client.ip': 'is an address, which no endpoint is chosen by',
  'request.method': true,
  'request.host': true,
  'request.header': true,
  'request.cookie': true,
  'request.query': true,
  'request.path': true,
  route: 'is the same for every request of the route: write its name',
  service: 'is the same for every request of the target: write its name',
}

/** Each one doubles the sets of labels that an engine keeps. */
const mostByAttribute = 3

interface Written {
  readonly labels?: Readonly<Record<string, string>>
  readonly otherwise?: 'any' | 'refuse'
}

/** Labels of a target: written values, and attributes in braces such as `{request.header.x-version}`. `path` leads to the target. */
export function lowerLabels(
  { labels: written = {}, otherwise }: Written,
  path: Path,
  cx: LowerCx,
): Pick<Target, 'labels' | 'byAttribute' | 'otherwise'> {
  const labels: Record<string, string> = {}
  const byAttribute: Record<string, Attribute> = {}
  for (const [name, value] of Object.entries(written)) {
    const text = /^\{(.*)\}$/.exec(value)?.[1]
    if (text === undefined) labels[name] = value
    else {
      const attribute = lowerAttribute(text, [...path, 'labels', name], cx)
      if (attribute) byAttribute[name] = attribute
    }
  }
  const count = Object.keys(byAttribute).length
  if (count > mostByAttribute) {
    const message = `${count} labels are taken from the request; at most ${mostByAttribute} may be`
    cx.report({ code: 'route/bad-label', message, path: [...path, 'labels'], help: 'leave some of them out, or use several routes' })
  }
  if (otherwise !== undefined && count === 0) {
    const message = '`otherwise` says what happens when a request names no endpoint, but no label is taken from the request'
    cx.report({ code: 'route/bad-label', message, path: [...path, 'otherwise'], side: 'key', help: 'leave it out' })
  }
  return count === 0 ? { labels } : { labels, byAttribute, ...(otherwise === undefined ? {} : { otherwise }) }
}

function lowerAttribute(text: string, path: Path, cx: LowerCx): Attribute | undefined {
  if (parseAttribute(text)) return readAttribute(text, labelValues, path, cx)
  const help = 'write {request.header.NAME}, {request.cookie.NAME}, {request.query.NAME}, {request.path.PARAM} or {request.host}'
  cx.report({ code: 'route/bad-label', message: `"${text}" is not an attribute`, path, help })
  return undefined
}
