import { createRegistry, type DescEnum, type DescField, isFieldSet, type Message } from '@bufbuild/protobuf'
import type { Duration } from '@bufbuild/protobuf/wkt'
import { type FieldRules, file_validate_validate, KnownRegex } from '#gen/validate/validate_pb.js'

/** Says what is wrong with one present value; undefined when it is fine. */
export type Check = (value: unknown) => string | undefined

/** A rule of the generated types that this interpreter does not know. Envoy would enforce it, so it must not be skipped. */
class UnknownRule extends Error {}

const ruleTypes = createRegistry(file_validate_validate)

/** The check of one value (an item, a key, a singular field) by the rules of its kind. Throws UnknownRule. */
export function valueCheck(rules: FieldRules, field: DescField): Check | undefined {
  const { case: kind, value } = rules.type
  if (kind === undefined || kind === 'repeated' || kind === 'map' || kind === 'any') return undefined
  const set = setRules(value)
  const checks = Object.entries(set)
    .map(([name, limit]) => makeCheck(kind, name, limit, field, set))
    .filter((check) => check !== undefined)
  if (checks.length === 0) return undefined
  const all: Check = (given) => {
    for (const check of checks) {
      const wrong = check(given)
      if (wrong !== undefined) return wrong
    }
    return undefined
  }
  return set['ignoreEmpty'] === true ? (given) => (isEmpty(given) ? undefined : all(given)) : all
}

/** The rules that are really written, by name; the oneof of well-known formats comes under the name of its case. */
export function setRules(rules: Message): Readonly<Record<string, unknown>> {
  const set: Record<string, unknown> = {}
  for (const field of ruleTypes.getMessage(rules.$typeName)?.fields ?? []) {
    if (!isFieldSet(rules, field)) continue
    const choice: unknown = field.oneof && Reflect.get(rules, field.oneof.localName)
    set[field.localName] = typeof choice === 'object' && choice !== null ? Reflect.get(choice, 'value') : Reflect.get(rules, field.localName)
  }
  return set
}

function makeCheck(kind: string, name: string, limit: unknown, field: DescField, set: Readonly<Record<string, unknown>>): Check | undefined {
  if (name === 'ignoreEmpty' || name === 'strict' || name === 'required') return undefined
  if (kind === 'string') return stringCheck(name, limit, set['strict'] !== false)
  if (kind === 'bytes') return bytesCheck(name, limit)
  if (kind === 'duration') return durationCheck(name, limit as Duration)
  if (kind === 'enum') return enumCheck(name, limit, field.enum)
  return orderCheck(name, limit)
}

function orderCheck(name: string, limit: unknown): Check {
  const text = String(limit)
  const bound = limit as number | bigint
  switch (name) {
    case 'const':
      return (value) => (value === limit ? undefined : `must equal ${text}`)
    case 'gt':
      return (value) => ((value as number) > bound ? undefined : `must be greater than ${text}`)
    case 'gte':
      return (value) => ((value as number) >= bound ? undefined : `must be at least ${text}`)
    case 'lt':
      return (value) => ((value as number) < bound ? undefined : `must be less than ${text}`)
    case 'lte':
      return (value) => ((value as number) <= bound ? undefined : `must be at most ${text}`)
    default:
      return oneOfCheck(name, limit)
  }
}

function oneOfCheck(name: string, limit: unknown): Check {
  const allowed = limit as readonly unknown[]
  if (name === 'in') return (value) => (allowed.includes(value) ? undefined : `must be one of ${allowed.join(', ')}`)
  if (name === 'notIn') return (value) => (allowed.includes(value) ? `must not be ${String(value)}` : undefined)
  throw new UnknownRule(`validate rule ${name} is not known`)
}

function stringCheck(name: string, limit: unknown, strict: boolean): Check {
  const count = Number(limit)
  const text = String(limit)
  switch (name) {
    case 'minLen':
      return (value) => ([...(value as string)].length >= count ? undefined : `must have at least ${text} character${count === 1 ? '' : 's'}`)
    case 'maxLen':
      return (value) => ([...(value as string)].length <= count ? undefined : `must have at most ${text} characters`)
    case 'maxBytes':
      return (value) => (Buffer.byteLength(value as string) <= count ? undefined : `must have at most ${text} bytes`)
    case 'minBytes':
      return (value) => (Buffer.byteLength(value as string) >= count ? undefined : `must have at least ${text} bytes`)
    case 'prefix':
      return (value) => ((value as string).startsWith(text) ? undefined : `must start with ${text}`)
    case 'suffix':
      return (value) => ((value as string).endsWith(text) ? undefined : `must end with ${text}`)
    case 'pattern':
      return patternCheck(new RegExp(text), `must match ${text}`)
    case 'wellKnownRegex':
      return patternCheck(
        knownPattern(limit as KnownRegex, strict),
        limit === KnownRegex.HTTP_HEADER_NAME ? 'must be a valid header name' : 'must be a valid header value',
      )
    default:
      return orderCheck(name, limit)
  }
}

function patternCheck(pattern: RegExp, wrong: string): Check {
  return (value) => (pattern.test(value as string) ? undefined : wrong)
}

/** The expressions of protoc-gen-validate itself; the loose one, for names and values alike, bars only NUL, CR and LF. */
function knownPattern(known: KnownRegex, strict: boolean): RegExp {
  if (!strict) return new RegExp('^[^\\0\\n\\r]*$')
  if (known === KnownRegex.HTTP_HEADER_NAME) return /^:?[0-9a-zA-Z!#$%&'*+,\-.^_|~`]+$/
  if (known === KnownRegex.HTTP_HEADER_VALUE) return /^[\t -~\u0080-\u{10ffff}]*$/u
  throw new UnknownRule(`known regex ${known} is not known`)
}

function bytesCheck(name: string, limit: unknown): Check {
  const length = (value: unknown): number => (value as Uint8Array).length
  if (name === 'minLen') return (value) => (length(value) >= Number(limit) ? undefined : `must have at least ${String(limit)} bytes`)
  if (name === 'maxLen') return (value) => (length(value) <= Number(limit) ? undefined : `must have at most ${String(limit)} bytes`)
  throw new UnknownRule(`validate rule bytes.${name} is not known`)
}

function durationCheck(name: string, limit: Duration): Check {
  const bound = nanos(limit)
  const compared = orderCheck(name, bound)
  const text = `${Number(bound) / 1e9}s`
  return (value) => compared(nanos(value as Duration))?.replace(String(bound), text)
}

function nanos(value: Duration): bigint {
  return value.seconds * 1_000_000_000n + BigInt(value.nanos)
}

function enumCheck(name: string, limit: unknown, type: DescEnum | undefined): Check | undefined {
  if (name !== 'definedOnly') return orderCheck(name, limit)
  if (limit !== true || !type) return undefined
  const defined = new Set(type.values.map((value) => value.number))
  return (value) => (defined.has(value as number) ? undefined : `must be a value of ${type.typeName}`)
}

/** What `ignore_empty` means by empty. */
function isEmpty(value: unknown): boolean {
  if (value instanceof Uint8Array || Array.isArray(value)) return value.length === 0
  return value === '' || value === 0 || value === 0n || value === false
}
