import Type from 'typebox'
import { durationPattern } from '../../lib/parse-duration.ts'
import { percentPattern } from '../../lib/parse-percent.ts'
import { ratePattern } from '../../lib/parse-rate.ts'
import { sizePattern } from '../../lib/parse-size.ts'
import { secretPattern } from '../secret-ref.ts'

/** What every property tells its reader; `default` is what holds when the key is not written. */
export interface Words {
  readonly description: string
  readonly default?: string
  readonly examples?: readonly string[]
}

/** Letters, digits and inner hyphens, 1 to 63 characters: safe as host label, resource name and metric label. */
export const namePattern = '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'

const text = (pattern: string, title: string, examples: readonly string[], words: Words) => Type.String({ pattern, title, examples: [...examples], ...words })

/** `250ms`, `1.5s`, `5m`, `1h`; read with lib/parse-duration. */
export const duration = (words: Words) => text(durationPattern, 'duration', ['250ms', '10s', '5m', '1h'], words)

/** `64KiB`, `10MB`; read with lib/parse-size. */
export const size = (words: Words) => text(sizePattern, 'size', ['64KiB', '10MiB'], words)

/** `50%`; read with lib/parse-percent. */
export const percent = (words: Words) => text(percentPattern, 'percentage', ['50%', '0.5%'], words)

/** `100/min`; read with lib/parse-rate. @public for the rate limits of the language, which no feature has yet */
export const rate = (words: Words) => text(ratePattern, 'rate', ['100/min', '10/s'], words)

/** The name of something in another collection. */
export const name = (words: Words) => text(namePattern, 'name', [], words)

/** `host:port`, with brackets around an IPv6 address. Whether the host makes sense is judged when lowering. */
export const hostPort = (words: Words) =>
  text('^(\\[[0-9a-fA-F:.]{2,45}\\]|[A-Za-z0-9_]([A-Za-z0-9_.-]{0,252}))(:[0-9]{1,5})$', 'host:port', ['10.0.0.1:9000', 'billing.internal:8080', '[::1]:80'], words)

/** `secret://env/NAME` or `secret://file/path`; taken apart by config/secret-ref.ts. A literal value is refused without being printed. */
export const secretRef = (words: Words) =>
  text(secretPattern, 'secret reference', ['secret://env/API_KEY', 'secret://file/certs/shop.key'], words)
