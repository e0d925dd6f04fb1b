import { create } from '@bufbuild/protobuf'
import { type Duration, DurationSchema } from '@bufbuild/protobuf/wkt'

/** Milliseconds as a protobuf duration. */
export function duration(ms: number): Duration {
  const seconds = Math.floor(ms / 1000)
  return create(DurationSchema, { seconds: BigInt(seconds), nanos: Math.round((ms - seconds * 1000) * 1e6) })
}

/** Seconds as a protobuf duration. */
export function seconds(count: number): Duration {
  return duration(count * 1000)
}
