import { parseSecretRef } from '../config/secret-ref.ts'
import type { Path } from '../diagnostics/diagnostic.ts'
import type { LowerCx } from '../feature.ts'

/** Turns `secret://env/NAME` or `secret://file/path`, written at `path`, into the key of a material. The schema has refused any other text. */
export function secretKey(reference: string, path: Path, cx: LowerCx): string {
  const ref = parseSecretRef(reference)
  if (!ref) throw new TypeError('a value that is no secret reference passed the schema')
  return ref.from === 'env' ? `env:${ref.name}` : `file:${cx.file(ref.path, path)}`
}
