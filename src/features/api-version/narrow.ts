import type { Match, ValueMatch } from '../../model/gateway.ts'
import { quoteRegex } from '../../model/regex.ts'
import type { ApiVersion, RouteVersion } from './model.ts'

/** What a request must say to get this version, for one alternative of the route's own match. */
export function narrow(value: ApiVersion, match: Match): readonly Match[] {
  if (!('by' in value)) return [match]
  switch (value.by) {
    case 'path':
      return [match]
    case 'accept':
      // Whoever names no version, or one that no other route has, gets the default.
      return value.default ? [match] : [withHeader(match, { name: 'accept', type: 'regex', value: acceptRegex(value) })]
    case 'api-version': {
      const named = withHeader(match, { name: 'api-version', type: 'exact', value: value.version })
      return value.default ? [named, withHeader(match, { name: 'api-version', type: 'present', value: false })] : [named]
    }
  }
}

/** `application/json; version=2`, `application/vnd.shop.v2+json` or `application/vnd.shop.orders-v2`, anywhere in the list. */
function acceptRegex({ version }: RouteVersion): string {
  const quoted = quoteRegex(version)
  const parameter = `;[ \\t]*version="?${quoted}"?[ \\t]*(?:[;,].*)?`
  const vendor = `/vnd\\.[^,;]*[.-]v${quoted}(?:[.+][^0-9,;][^,;]*)?[ \\t]*(?:[;,].*)?`
  return `(?i).*(?:${parameter}|${vendor})`
}

function withHeader(match: Match, condition: ValueMatch): Match {
  return { ...match, headers: [...match.headers, condition].sort((a, b) => (a.name < b.name ? -1 : 1)) }
}
