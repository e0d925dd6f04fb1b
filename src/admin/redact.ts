const mark = '[redacted]'

/** Keys whose text is, or may be, a secret that somebody wrote out. A plain `key` is a hash key or a reference. */
const sensitiveKey = /authorization|cookie|passw(?:or)?d|secret|token|credential|api-?key|private-?key|[-_]key$/i
/** References say where a secret is, not what it is: `env:NAME`, `file:/path`, `secret://…`. */
const reference = /^(?:env:[A-Za-z_]\w*|file:\/\S+|secret:\/\/(?:env|file)\/\S+)$/
/** Texts that are secrets wherever they stand. */
const sensitiveText = /^(?:Basic|Bearer|Digest)\s+\S|-----BEGIN [A-Z ]*PRIVATE KEY-----/i
const userInfo = /([a-z][a-z0-9+.-]*:\/\/)[^/?#@\s]+@/gi

/**
 * A copy of plain data in which secrets are replaced: texts under keys such as `authorization`, values of conditions on such headers, credentials in URLs, private keys.
 * References to secrets stay. Two values that differ only in a secret look the same afterwards; versions of resources tell them apart.
 */
export function redact(value: unknown, key = ''): unknown {
  if (typeof value === 'string') return redactText(value, sensitiveKey.test(key))
  if (Array.isArray(value)) return value.map((item: unknown) => redact(item, key))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value) as [string, unknown][]
  const named = 'name' in value && typeof value.name === 'string' ? value.name : ''
  return Object.fromEntries(
    entries.map(([own, inner]) => [own, redact(inner, own === 'value' ? named : isText(inner) && !isCookieName(own, inner) ? own : '')]),
  )
}

/** A key `cookie` names a cookie, or holds a whole header, which has a `=`. */
function isCookieName(key: string, value: unknown): boolean {
  return key === 'cookie' && typeof value === 'string' && /^[A-Za-z][A-Za-z0-9_.-]*$/.test(value)
}

function isText(value: unknown): boolean {
  return typeof value === 'string' || Array.isArray(value)
}

function redactText(text: string, sensitive: boolean): string {
  if (reference.test(text)) return text
  return sensitive || sensitiveText.test(text) ? mark : text.replace(userInfo, `$1${mark}@`)
}
