import type { Path } from '../../diagnostics/diagnostic.ts'
import type { LowerCx } from '../../feature.ts'
import { compileRegex, quoteRegex, regexProblem } from '../../model/regex.ts'

/** Whom an entry of `origins` means. A regex takes the whole origin. */
export type Origin =
  { readonly type: 'any' } | { readonly type: 'exact'; readonly value: string } | { readonly type: 'regex'; readonly value: string }

const pattern = /^([a-z][a-z0-9+.-]*:\/\/)(\*\.)?((?:[a-z0-9_-]+\.)*[a-z0-9_-]+|\[[0-9a-f:.]+\])(?::(\d{1,5}|\*))?$/

/** Reads `*`, `https://shop.example.com`, `https://*.example.com`, `http://localhost:*` or `{regex: …}`; undefined after a finding. */
export function readOrigin(written: string | { readonly regex: string }, at: Path, cx: LowerCx): Origin | undefined {
  if (typeof written !== 'string') return readRegex(written.regex, [...at, 'regex'], cx)
  if (written === '*') return { type: 'any' }
  const parts = pattern.exec(written)
  if (!parts) {
    cx.report({ code: 'cors/bad-origin', message: `"${written}" is not an origin`, path: at, help: advice(written) })
    return undefined
  }
  const [, scheme = '', wildcard, host = '', port] = parts
  if (wildcard === undefined && port !== '*') return { type: 'exact', value: written }
  const end = port === undefined ? '' : port === '*' ? '(?::[0-9]{1,5})?' : `:${port}`
  return { type: 'regex', value: `${quoteRegex(scheme)}${wildcard === undefined ? '' : '(?:[a-z0-9_-]+\\.)+'}${quoteRegex(host)}${end}` }
}

function advice(written: string): string {
  if (written === 'null') return 'any sandboxed page has the origin "null", so allowing it means allowing everyone: use "*"'
  if (/\/$|[^/:]\/[^/]/.test(written)) return 'an origin ends with the host or the port: it has no path and no slash at its end'
  if (written !== written.toLowerCase()) return 'browsers send origins in lower case'
  return 'write "https://shop.example.com", "https://*.example.com", "http://localhost:*" or {regex: …}'
}

function readRegex(regex: string, at: Path, cx: LowerCx): Origin | undefined {
  const problem = regexProblem(regex)
  if (problem !== undefined) {
    cx.report({ code: 'cors/bad-origin', message: `"${regex}" is not a regular expression in RE2 syntax: ${problem}`, path: at })
    return undefined
  }
  // Envoy takes an origin list as open to everyone when it takes the text "*".
  if (compileRegex(regex).matches('*')) {
    const help = 'write "*" when every origin is meant; else begin with the scheme: "https://…"'
    cx.report({ code: 'cors/bad-origin', message: `"${regex}" takes any text`, path: at, help })
    return undefined
  }
  return { type: 'regex', value: regex }
}

/** Whether anyone on the web can have an origin that the entry takes. */
export function takesAny(origin: Origin): boolean {
  if (origin.type !== 'regex') return origin.type === 'any'
  const regex = compileRegex(origin.value)
  return ['https://x7q.invalid', 'http://x7q.invalid', 'https://x7q.test:8443', 'null'].some((one) => regex.matches(one))
}
