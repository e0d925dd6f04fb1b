import type { NginxParts } from '../../nginx/parts.ts'
import { spillFactor } from './levels.ts'
import type { Balancing } from './model.ts'

export const nginx: NginxParts<Balancing> = {
  state: ({ strategy, key, slowStart, panicBelow, choices, zones }) => {
    const data = {
      // What the runtime does without a word: written or not, it is the same gateway.
      ...(strategy === 'round-robin' ? {} : { strategy }),
      ...(key ? { key: { ...key } } : {}),
      ...(slowStart === undefined ? {} : { slowStart }),
      ...(panicBelow === undefined ? {} : { panicBelow }),
      ...(choices === undefined ? {} : { choices }),
      ...(zones ? { zones: { prefer: zones.prefer, factor: spillFactor(zones) } } : {}),
    }
    return Object.keys(data).length === 0 ? undefined : data
  },
  *support({ strategy }) {
    if (strategy !== 'ring-hash' && strategy !== 'maglev') return
    yield {
      kind: 'note',
      message: `${strategy} on nginx sends equal keys to the same endpoint, but not to the one that Envoy would choose: the hashes differ`,
      path: ['balancing'],
    }
  },
}
