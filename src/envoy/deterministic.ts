import { type DescField, type DescMessage, type MessageShape, toBinary } from '@bufbuild/protobuf'
import { compare } from '../lib/compare.ts'

/**
 * Serialized bytes that depend on the content alone: entries of maps and of `google.protobuf.Struct` come out in one order,
 * whatever order they were written in. The order inside `message` is changed in place; its meaning is not.
 */
export function deterministicBytes<D extends DescMessage>(schema: D, message: MessageShape<D>): Uint8Array<ArrayBuffer> {
  sortMaps(schema, message)
  return toBinary(schema, message)
}

type Step = (message: object) => void

const plans = new Map<DescMessage, readonly Step[]>()

function sortMaps(schema: DescMessage, message: object): void {
  for (const step of planOf(schema)) step(message)
}

/** Made once for each message type: only fields that lead to a map are visited. */
function planOf(schema: DescMessage): readonly Step[] {
  const known = plans.get(schema)
  if (known) return known
  const steps: Step[] = []
  plans.set(schema, steps)
  for (const field of schema.fields) {
    const visit = visitorOf(field)
    if (visit) steps.push((message) => visit(message))
  }
  return steps
}

function visitorOf(field: DescField): Step | undefined {
  if (!leadsToMap(field, new Set())) return undefined
  const inner = valueVisitor(field)
  const oneof = field.oneof
  if (oneof) {
    return (message) => {
      const choice = get(message, oneof.localName)
      if (isObject(choice) && get(choice, 'case') === field.localName) inner(get(choice, 'value'), () => {})
    }
  }
  return (message) => {
    const value = get(message, field.localName)
    if (value !== undefined) inner(value, (sorted) => Reflect.set(message, field.localName, sorted))
  }
}

/** Sorts inside `value`; where the value itself is a map, hands a sorted copy to `replace`. */
function valueVisitor(field: DescField): (value: unknown, replace: (sorted: object) => void) => void {
  const type = field.message
  const inside = (value: unknown): void => {
    if (type && isObject(value)) sortMaps(type, value)
  }
  if (field.fieldKind === 'list') {
    return (value) => {
      if (Array.isArray(value)) value.forEach((item: unknown, index) => (isStruct(type) ? Reflect.set(value, index, sortedJson(item)) : inside(item)))
    }
  }
  if (field.fieldKind === 'map') {
    return (value, replace) => {
      if (!isObject(value)) return
      const sorted = sortedKeys(value)
      if (isStruct(type)) for (const key of Object.keys(sorted)) sorted[key] = sortedJson(sorted[key])
      else if (type) Object.values(sorted).forEach(inside)
      replace(sorted)
    }
  }
  if (isStruct(type)) return (value, replace) => replace(sortedJson(value) as object)
  return inside
}

function leadsToMap(field: DescField, seen: Set<DescMessage>): boolean {
  if (field.fieldKind === 'map' || isStruct(field.message)) return true
  if (!field.message || seen.has(field.message)) return false
  seen.add(field.message)
  return field.message.fields.some((inner) => leadsToMap(inner, seen))
}

/** A field of type Struct is plain JSON in memory. */
function isStruct(type: DescMessage | undefined): boolean {
  return type?.typeName === 'google.protobuf.Struct'
}

function sortedKeys(value: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => compare(a, b)))
}

function sortedJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedJson)
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(sortedKeys(value)).map(([key, item]) => [key, sortedJson(item)]))
}

function get(from: object, key: string): unknown {
  return Reflect.get(from, key)
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
