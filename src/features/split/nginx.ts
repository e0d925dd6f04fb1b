import type { NginxParts } from '../../nginx/parts.ts'
import type { Split } from './model.ts'

export const nginx: NginxParts<Split> = {
  state: ({ by }) => ({ ...by }),
}
