import type { NginxParts } from '../../nginx/parts.ts'
import type { Timeouts } from './model.ts'

/** nginx measures between two reads: an answer that keeps coming is not cut at the end of `request`. */
export const nginx: NginxParts<Timeouts> = {
  state: (times) => ({ ...times }),
  *support(times, node) {
    if ('connect' in times || node.kind !== 'route') return
    yield {
      kind: 'note',
      message:
        'nginx ends a request that waits for the service too long, but not an answer that keeps coming: `request` and `perTry` count from one byte to the next',
      path: ['timeouts'],
    }
  },
}
