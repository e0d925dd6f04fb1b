import type { NginxParts } from '../../nginx/parts.ts'
import type { Sticky } from './model.ts'

export const nginx: NginxParts<Sticky> = {
  state: ({ cookie, ttl, path, strict, secure, sameSite }) => ({
    cookie,
    path,
    strict,
    ...(ttl === undefined ? {} : { ttl }),
    /** Everything behind the value of the cookie, as Envoy writes it. */
    attributes: `${ttl === undefined ? '' : `; Max-Age=${ttl}`}; Path=${path}${secure ? '; Secure' : ''}; SameSite=${sameSite}; HttpOnly`,
  }),
}
