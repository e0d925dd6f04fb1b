import type { RouteVersion } from './model.ts'

/** What callers are told of a version: headers that replace what the service says, and values that are added to it. */
interface Told {
  readonly set: Readonly<Record<string, string>>
  readonly add: readonly (readonly [name: string, value: string])[]
}

const varies: Readonly<Record<RouteVersion['by'], string | undefined>> = { path: undefined, accept: 'Accept', 'api-version': 'API-Version' }

/** RFC 9745 for Deprecation, RFC 8594 for Sunset, RFC 8288 for Link; Vary keeps caches from mixing versions. */
export function toldOf({ by, deprecated, sunset, links }: RouteVersion): Told {
  const vary = varies[by]
  return {
    set: {
      ...(deprecated !== undefined && { deprecation: `@${deprecated / 1000}` }),
      ...(sunset !== undefined && { sunset: new Date(sunset).toUTCString() }),
    },
    add: [
      ...Object.entries(links).map(([relation, url]) => ['link', `<${url}>; rel="${relation}"`] as const),
      ...(vary === undefined ? [] : [['vary', vary] as const]),
    ],
  }
}
