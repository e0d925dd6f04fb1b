import { create, type DescMessage, type Message, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf'
import { type Any, AnySchema } from '@bufbuild/protobuf/wkt'
import { deterministicBytes } from './deterministic.ts'

/** `type.googleapis.com/` and the full name of the message. */
export function typeUrl(schema: DescMessage): string {
  return `type.googleapis.com/${schema.typeName}`
}

/** Packs a message, or the fields of one, into an Any whose bytes depend on the content alone. */
export function any<D extends DescMessage>(schema: D, init?: MessageInitShape<D>): Any {
  const message: MessageShape<D> = create(schema, init)
  return create(AnySchema, { typeUrl: typeUrl(schema), value: deterministicBytes(schema, message) })
}

/** Packs a message whose type is only known at run time. Throws when `message` is not of the type `schema`. */
export function anyOf(schema: DescMessage, message: Message): Any {
  if (message.$typeName !== schema.typeName) throw new TypeError(`expected ${schema.typeName}, got ${message.$typeName}`)
  return create(AnySchema, { typeUrl: typeUrl(schema), value: deterministicBytes(schema, message) })
}
