import type { NginxParts } from '../../nginx/parts.ts'
import type { WebSocketPolicy } from './model.ts'

export const nginx: NginxParts<WebSocketPolicy> = {
  state: ({ origins }) => (origins === undefined ? {} : { origins: [...origins] }),
}
