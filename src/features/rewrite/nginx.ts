import type { NginxParts } from '../../nginx/parts.ts'
import type { Rewrite } from './model.ts'

export const nginx: NginxParts<Rewrite> = {
  state: ({ prefix, path, host }) => ({ prefix, path, host }),
}
