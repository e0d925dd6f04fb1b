import type { Path } from '../diagnostics/diagnostic.ts'
import type { LowerCx } from '../feature.ts'

/** Turns `secret://env/NAME` or `secret://file/path`, written at `path`, into the key of a material. */
export function secretKey(reference: string, path: Path, cx: LowerCx): string {
  const env = /^secret:\/\/env\/(.+)$/.exec(reference)
  return env ? `env:${env[1]}` : `file:${cx.file(reference.replace(/^secret:\/\/file\//, ''), path)}`
}
