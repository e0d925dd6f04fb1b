import { contentHash } from '../lib/content-hash.ts'

/** Name of a listener inside nginx.conf, where no text of the user may stand. */
export function listenerId(name: string): string {
  return `l${contentHash(name)}`
}
