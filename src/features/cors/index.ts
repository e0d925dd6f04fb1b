import type { Feature } from '../../feature.ts'
import { check } from './check.ts'
import { schema } from './config.ts'
import { envoy } from './envoy.ts'
import { type Cors, lower, preflights, written } from './model.ts'
import { nginx } from './nginx.ts'

export const cors: Feature<Cors> = {
  name: 'cors',
  points: [{ at: 'route', key: 'cors', schema, merge: 'replace' }],
  lower,
  written,
  matches: (_, match) => preflights(match),
  check: { route: check },
  envoy,
  nginx,
  codes: {
    'cors/without-forward':
      'Envoy answers redirects and fixed responses before its CORS filter, so scripts of other origins could not read them. Only routes that forward have `cors`; others clear an inherited one with `cors: none`.',
    'cors/bad-origin':
      'An origin is a scheme and a host, and a port when it is not the usual one: "https://shop.example.com". "https://*.example.com" takes every subdomain, "*" every origin.',
    'cors/any-origin-with-credentials':
      'With credentials a browser sends the cookies of the user along, and the script reads the answer. If every origin may do that, any page that a user visits can act as that user.',
    'cors/wildcard-with-credentials': 'A browser takes "*" in lists of methods and headers as "all" only when no credentials are sent.',
  },
}
