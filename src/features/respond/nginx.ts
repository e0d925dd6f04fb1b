import type { NginxParts } from '../../nginx/parts.ts'
import type { Respond } from './model.ts'

export const nginx: NginxParts<Respond> = {
  state: ({ status, body, headers }) => ({ status, body, headers: { ...headers } }),
}
