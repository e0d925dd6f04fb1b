/** Headers that Envoy 1.40 keeps as one value: repeated ones are joined with a comma, empty ones left out. All others stay separate, and a condition holds when any one of them fits. */
export const joinedHeaders: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'access-control-request-headers',
  'access-control-request-method',
  'authorization',
  'cache-control',
  'content-encoding',
  'content-type',
  'expect',
  'grpc-accept-encoding',
  'grpc-timeout',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'origin',
  'pragma',
  'referer',
  'user-agent',
  'via',
  'x-client-trace-id',
  'x-forwarded-for',
])

/** The values that a condition on a header looks at. `headers` have names in lower case; `host` is the authority, without a dot at its end. */
export function headerValues(headers: readonly (readonly [name: string, value: string])[], host: string, name: string): string[] {
  if (name === 'host' || name === ':authority') return [host.replace(/\.(?=:\d*$|$)/, '')]
  const values = headers.filter(([key]) => key === name).map(([, value]) => value)
  return joinedHeaders.has(name) && values.length > 1 ? [values.filter((value) => value !== '').join(',')] : values
}
