import { bodyLocation } from '../../nginx/locations.ts'
import type { NginxParts } from '../../nginx/parts.ts'
import type { BodyLimit } from './model.ts'

export const nginx: NginxParts<BodyLimit> = {
  state: (limit) => ({ limit, read: bodyLocation(limit) }),
  *support() {
    yield {
      kind: 'note',
      message:
        'nginx reads a body without Content-Length as a whole before it forwards it, so that it can count it: on this route an endless upload or a gRPC stream does not work',
      path: ['bodyLimit'],
    }
  },
}
