import { hash } from 'node:crypto'

/** Version of a resource: the first 80 bits of the SHA-256 of its bytes, in hex. Equal bytes give equal versions on every machine. */
export function contentHash(bytes: Uint8Array | string): string {
  return hash('sha256', bytes, 'hex').slice(0, 20)
}
