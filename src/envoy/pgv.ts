import { type DescField, type DescMessage, fromBinary, getOption, hasOption, type MessageShape } from '@bufbuild/protobuf'
import type { Any } from '@bufbuild/protobuf/wkt'
import { disabled, type FieldRules, ignored, required, rules as fieldRules } from '#gen/validate/validate_pb.js'
import { type Check, setRules, valueCheck } from './pgv-rules.ts'
import { typeOf } from './type-registry.ts'

/** One broken rule. `path` uses the field names of the API, such as `endpoints[0].lb_endpoints[2].load_balancing_weight`. */
export interface Violation {
  readonly path: string
  readonly message: string
}

/** Where a value stands; undefined while nobody wants to know. */
type Path = string | undefined

type Report = (path: Path, message: string) => void
type Visit = (message: object, path: Path, report: Report) => void
type VisitValue = (value: unknown, path: Path, report: Report) => void

const visits = new Map<DescMessage, Visit | undefined>()

/**
 * Every rule of protoc-gen-validate that `message` breaks, also inside each Any of a known type. Empty: Envoy will not refuse it for a field's value.
 * Worth doing before publishing, since one violation makes Envoy refuse the whole response, with the good resources in it.
 */
export function violations<D extends DescMessage>(schema: D, message: MessageShape<D>): Violation[] {
  const visit = visitOf(schema)
  if (!visit || keepsAll(visit, message)) return []
  const found: Violation[] = []
  visit(message, '', (path = '', text) => found.push({ path, message: text }))
  return found
}

/** Paths cost more than the rules do, and hardly any message breaks one: so the first look does without them. */
function keepsAll(visit: Visit, message: object): boolean {
  let broken = false
  visit(message, undefined, () => (broken = true))
  return !broken
}

/** Made once for each message type; undefined when nothing in it has rules. */
function visitOf(schema: DescMessage): Visit | undefined {
  if (visits.has(schema)) return visits.get(schema)
  const steps: Visit[] = []
  const visit: Visit = (message, path, report) => {
    for (const step of steps) step(message, path, report)
  }
  visits.set(schema, visit) // a recursive type finds itself
  if (!getOption(schema, disabled) && !getOption(schema, ignored)) steps.push(...stepsOf(schema))
  if (steps.length === 0) visits.set(schema, undefined)
  return visits.get(schema)
}

function stepsOf(schema: DescMessage): Visit[] {
  const steps: Visit[] = schema.fields.map(fieldVisit).filter((step) => step !== undefined)
  for (const oneof of schema.oneofs) {
    if (!getOption(oneof, required)) continue
    steps.push((message, path, report) => {
      if (get(get(message, oneof.localName), 'case') === undefined) report(path, `needs one of ${oneof.fields.map((field) => field.name).join(', ')}`)
    })
  }
  return steps
}

function fieldVisit(field: DescField): Visit | undefined {
  const rules = hasOption(field, fieldRules) ? getOption(field, fieldRules) : undefined
  const inner = fieldValue(field, rules)
  const needed = rules !== undefined && isRequired(rules)
  if (!inner && !needed) return undefined
  const { name, oneof, localName } = field
  return (message, path, report) => {
    const holder = oneof ? get(message, oneof.localName) : undefined
    if (oneof && get(holder, 'case') !== localName) return
    const value = oneof ? get(holder, 'value') : get(message, localName)
    const at = path ? `${path}.${name}` : path === undefined ? undefined : name
    if (value === undefined) {
      if (needed) report(at, 'is required')
    } else inner?.(value, at, report)
  }
}

function isRequired(rules: FieldRules): boolean {
  if (rules.message?.required) return true
  const { case: kind, value } = rules.type
  return (kind === 'duration' || kind === 'timestamp' || kind === 'any') && value.required
}

function fieldValue(field: DescField, rules: FieldRules | undefined): VisitValue | undefined {
  if (field.fieldKind === 'list') return listVisit(field, rules)
  if (field.fieldKind === 'map') return mapVisit(field, rules)
  return oneValue(field, rules)
}

/** A scalar, a message, an Any; wrappers such as UInt32Value may be bare scalars or messages with one field. */
function oneValue(field: DescField, rules: FieldRules | undefined): VisitValue | undefined {
  const check = rules && valueCheck(rules, field)
  const type = field.message
  if (!type || isWrapper(type)) return check && scalarVisit(check)
  if (check) return scalarVisit(check) // durations
  if (rules?.message?.skip) return undefined
  if (type.typeName === 'google.protobuf.Any') return visitAny
  if (type.typeName.startsWith('google.protobuf.')) return undefined
  const known = visitOf(type)
  if (!known) return undefined
  return (value, path, report) => {
    if (isObject(value)) known(value, path, report)
  }
}

function scalarVisit(check: Check): VisitValue {
  return (given, path, report) => {
    const value = isObject(given) && '$typeName' in given && String(given.$typeName).endsWith('Value') ? get(given, 'value') : given
    const wrong = check(value)
    if (wrong !== undefined) report(path, wrong)
  }
}

function visitAny(value: unknown, path: Path, report: Report): void {
  const packed = value as Any
  const schema = typeOf(packed.typeUrl)
  const visit = schema && visitOf(schema)
  if (visit) visit(fromBinary(schema, packed.value), path, report)
}

function listVisit(field: DescField, rules: FieldRules | undefined): VisitValue | undefined {
  const limits = rules?.type.case === 'repeated' ? rules.type.value : undefined
  const item = oneValue(field, limits?.items)
  const size = limits && sizeCheck(setRules(limits), 'Items', 'item(s)')
  const unique = limits?.unique === true
  if (!item && !size && !unique) return undefined
  return (value, path, report) => {
    const list = value as readonly unknown[]
    size?.(list.length, path, report)
    if (unique && new Set(list).size !== list.length) report(path, 'must not repeat an item')
    if (item) for (let index = 0; index < list.length; index++) item(list[index], path && `${path}[${index}]`, report)
  }
}

function mapVisit(field: DescField, rules: FieldRules | undefined): VisitValue | undefined {
  const limits = rules?.type.case === 'map' ? rules.type.value : undefined
  const key = limits?.keys && valueCheck(limits.keys, field)
  const item = oneValue(field, limits?.values)
  const size = limits && sizeCheck(setRules(limits), 'Pairs', 'entries')
  if (!key && !item && !size) return undefined
  return (value, path, report) => {
    const entries = Object.entries(value as object) as [string, unknown][]
    size?.(entries.length, path, report)
    for (const [name, entry] of entries) {
      const wrong = key?.(name)
      const at = path && `${path}[${JSON.stringify(name)}]`
      if (wrong !== undefined) report(at, `the key ${wrong}`)
      item?.(entry, at, report)
    }
  }
}

function sizeCheck(
  set: Readonly<Record<string, unknown>>,
  unit: 'Items' | 'Pairs',
  word: string,
): ((size: number, path: Path, report: Report) => void) | undefined {
  const min = Number(set[`min${unit}`] ?? 0)
  const max = Number(set[`max${unit}`] ?? Infinity)
  if (min === 0 && max === Infinity) return undefined
  return (size, path, report) => {
    if (set['ignoreEmpty'] === true && size === 0) return
    if (size < min) report(path, `must have at least ${min} ${word}`)
    if (size > max) report(path, `must have at most ${max} ${word}`)
  }
}

function isWrapper(type: DescMessage): boolean {
  return (
    type.typeName.startsWith('google.protobuf.') &&
    type.fields.length === 1 &&
    type.fields[0]?.name === 'value' &&
    type.fields[0].fieldKind === 'scalar'
  )
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function get(from: unknown, key: string): unknown {
  return isObject(from) ? (from as Readonly<Record<string, unknown>>)[key] : undefined
}
