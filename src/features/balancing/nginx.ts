import type { NginxParts } from '../../nginx/parts.ts'
import type { Balancing } from './model.ts'

export const nginx: NginxParts<Balancing> = {
  state: ({ strategy, key }) => ({ strategy, ...(key ? { key: { ...key } } : {}) }),
  *support({ strategy }) {
    if (strategy !== 'ring-hash' && strategy !== 'maglev') return
    yield {
      kind: 'note',
      message: `${strategy} on nginx sends equal keys to the same endpoint, but not to the one that Envoy would choose: the hashes differ`,
      path: ['balancing'],
    }
  },
}
