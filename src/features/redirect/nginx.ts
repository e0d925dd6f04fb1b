import type { NginxParts } from '../../nginx/parts.ts'
import type { Written } from './config.ts'

export const nginx: NginxParts<Written> = {
  state: ({ scheme, host, port, path, prefix, status = 308, stripQuery = false }) => ({ scheme, host, port, path, prefix, status, stripQuery }),
}
