import type { Limit } from '../../model/limit.ts'
import type { NginxParts } from '../../nginx/parts.ts'
import type { Compression } from './model.ts'

export const nginx: NginxParts<Compression> = {
  state: ({ types, minSize }) => ({ types, minSize }),
  shape: () => ({ compress: true }),
  *support({ algorithms }): Iterable<Limit> {
    const path = ['compression', 'algorithms']
    if (!algorithms.includes('gzip')) {
      yield { kind: 'refused', message: 'nginx has gzip, not brotli', path, help: 'add gzip' }
      return
    }
    if (algorithms.includes('brotli')) yield { kind: 'note', message: 'nginx compresses with gzip alone: it has no brotli', path }
    yield { kind: 'note', message: 'nginx compresses answers with status 200, 403 and 404 only', path: ['compression'] }
  },
}
