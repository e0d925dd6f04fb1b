import type { NginxParts } from '../../nginx/parts.ts'

export const nginx: NginxParts<true> = {
  start: () => ({ proxyProtocol: true }),
}
