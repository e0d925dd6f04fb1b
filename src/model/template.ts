import type { TemplateSegment } from './gateway.ts'
import { quoteRegex } from './regex.ts'

/** The whole path as a regex with one group per variable, in their order. */
export function templateRegex(segments: readonly TemplateSegment[]): string {
  return segments.map((segment) => `/${segment.type === 'literal' ? quoteRegex(segment.text) : segment.type === 'one' ? '([^/]+)' : '(.*)'}`).join('')
}

/** Text before the first variable, such as `/users/`. */
export function templatePrefix(segments: readonly TemplateSegment[]): string {
  const variable = segments.findIndex((segment) => segment.type !== 'literal')
  const literals = variable === -1 ? segments : segments.slice(0, variable)
  const text = literals.map((segment) => (segment.type === 'literal' ? `/${segment.text}` : '')).join('')
  return variable === -1 ? text : `${text}/`
}

/** Values of the variables, still percent-encoded as in the path; undefined when the path does not fit. */
export function matchTemplate(segments: readonly TemplateSegment[], path: string): Record<string, string> | undefined {
  const params: Record<string, string> = Object.create(null) as Record<string, string>
  let at = 0
  for (const segment of segments) {
    if (path[at] !== '/') return undefined
    if (segment.type === 'rest') {
      params[segment.name] = path.slice(at + 1)
      return params
    }
    const slash = path.indexOf('/', at + 1)
    const end = slash === -1 ? path.length : slash
    const text = path.slice(at + 1, end)
    if (segment.type === 'literal' ? text !== segment.text : text === '') return undefined
    if (segment.type === 'one') params[segment.name] = text
    at = end
  }
  return at === path.length ? params : undefined
}
