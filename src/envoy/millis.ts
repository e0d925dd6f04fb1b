import type { MessageInitShape } from '@bufbuild/protobuf'
import type { DurationSchema } from '@bufbuild/protobuf/wkt'

/** Milliseconds as a protobuf Duration. */
export function millis(ms: number): Exclude<MessageInitShape<typeof DurationSchema>, { $typeName: string }> & { seconds: bigint; nanos: number } {
  const seconds = Math.floor(ms / 1000)
  return { seconds: BigInt(seconds), nanos: Math.round((ms - seconds * 1000) * 1e6) }
}
