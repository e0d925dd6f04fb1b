import { parseDuration } from '../lib/parse-duration.ts'
import type { JsonSchema } from './schema/json-schema.ts'

/** How to write what is meant by a value of the wrong form, such as `write 30s` for 30; undefined when that cannot be guessed. Secrets get none. */
export function suggestForm(schema: JsonSchema, value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined
  const form = forms[schema.title ?? '']
  if (!form) return undefined
  const meant = form.meant(String(value).trim())
  return meant !== undefined && new RegExp(schema.pattern ?? '', 'u').test(meant) ? `write ${meant}` : form.rule
}

interface Form {
  /** What was probably meant; a proposal that does not fit the pattern is dropped. */
  readonly meant: (text: string) => string | undefined
  /** Said when nothing fits. */
  readonly rule?: string
}

const forms: Readonly<Record<string, Form>> = {
  duration: { meant: meantDuration, rule: 'write one number and one unit: ms, s, m, h or d' },
  percentage: { meant: (text) => (/^[1-9][0-9.]*(\s*%)?$/.test(text) ? `${text.replace(/\s*%$/, '')}%` : undefined), rule: 'from 0% to 100%' },
  size: { meant: meantSize, rule: 'write one number and one unit: B, KiB, MiB, GiB, kB, MB or GB' },
  attribute: { meant: (text) => `request.${text}` },
  'host:port': { meant: withoutUrl, rule: 'write the address or name, a colon and the port' },
  'method in capitals': { meant: (text) => text.toUpperCase() },
  'host name without a port': {
    meant: (text) => withoutUrl(text).replace(/:[0-9]+$/, ''),
    rule: 'an exact name or *.example.com, without scheme, port and path',
  },
}

function withoutUrl(text: string): string {
  return text.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '').replace(/[/?#].*$/, '')
}

const units: readonly (readonly [RegExp, string])[] = [
  [/^(ms|msecs?|millis|milliseconds?)$/i, 'ms'],
  [/^(s|secs?|seconds?)?$/i, 's'],
  [/^(m|mins?|minutes?)$/i, 'm'],
  [/^(h|hrs?|hours?)$/i, 'h'],
  [/^(d|days?)$/i, 'd'],
]

/** `1 kb` is 1kB, `10mib` is 10MiB. */
function meantSize(text: string): string | undefined {
  const [, number, prefix = '', binary] = /^([0-9]+)\s*([kmgt]?)(i?)b$/i.exec(text) ?? []
  if (number === undefined) return undefined
  const letter = prefix.toUpperCase()
  return `${number}${binary ? `${letter}i` : letter.replace('K', 'k')}B`
}

/** `30`, `30sec` and `30 seconds` are 30s; `1m30s` is 90s. */
function meantDuration(text: string): string | undefined {
  const parts = [...text.matchAll(/([0-9.]+)\s*([a-z]*)\s*/gi)]
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text) return undefined
  const plain = parts.map(([, number = '', word = '']) => `${number}${units.find(([names]) => names.test(word))?.[1] ?? '?'}`)
  if (plain.length === 1) return plain[0]
  const total = plain.reduce((sum, part) => sum + (parseDuration(part) ?? Number.NaN), 0)
  if (Number.isNaN(total)) return undefined
  return total % 1000 === 0 ? `${total / 1000}s` : `${total}ms`
}
