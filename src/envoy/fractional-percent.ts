import type { MessageInitShape } from '@bufbuild/protobuf'
import { FractionalPercent_DenominatorType as Denominator, type FractionalPercentSchema } from '#gen/envoy/type/v3/percent_pb.js'

/** A share in percent, with up to four digits after the point, as Envoy counts it. */
export function fractionalPercent(percent: number): MessageInitShape<typeof FractionalPercentSchema> {
  return Number.isInteger(percent)
    ? { numerator: percent, denominator: Denominator.HUNDRED }
    : { numerator: Math.round(percent * 10_000), denominator: Denominator.MILLION }
}
