/** The pattern that serves every host. */
export const anyHost = '*'

/**
 * Host of an authority as it is compared: lower case, without the port and without a dot at the end. Brackets of an IPv6 literal stay.
 * The same as Envoy's `ignore_port_in_host_matching` with `strip_trailing_host_dot`.
 */
export function hostOf(authority: string): string {
  const colon = authority.lastIndexOf(':')
  const host = colon === -1 || authority.lastIndexOf(']') > colon ? authority : authority.slice(0, colon)
  return (host.endsWith('.') ? host.slice(0, -1) : host).toLowerCase()
}

/**
 * Patterns of `known` that serve a host or a narrower pattern, the most specific first; the last one is `*`, whether known or not.
 * A wildcard stands for at least one character, so `*.a.com` serves `x.a.com` and `x.y.a.com`, not `a.com`.
 */
export function coveringHosts(host: string, known: { has(pattern: string): boolean }): string[] {
  const found: string[] = []
  if (host !== anyHost && known.has(host)) found.push(host)
  const name = host.startsWith('*') ? host.slice(1) : host
  for (let dot = name.indexOf('.', 1); dot !== -1; dot = name.indexOf('.', dot + 1)) {
    const wildcard = `*${name.slice(dot)}`
    if (known.has(wildcard)) found.push(wildcard)
  }
  found.push(anyHost)
  return found
}
