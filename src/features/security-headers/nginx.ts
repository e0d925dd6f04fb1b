import type { NginxParts } from '../../nginx/parts.ts'
import type { SecurityHeaders } from './model.ts'

export const nginx: NginxParts<SecurityHeaders> = {
  state: ({ always, overTls, keep, hide }) => ({ always, overTls, keep, hide }),
}
