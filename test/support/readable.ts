import { fromBinary, toJson } from '@bufbuild/protobuf'
import { typeOf, typeRegistry } from '../../src/envoy/type-registry.ts'
import { type Resource, resourceTypes } from '../../src/xds/resource.ts'

/** An xDS resource as the JSON that Envoy's documentation uses. */
export function readable(resource: Resource): unknown {
  const schema = typeOf(resourceTypes[resource.type])
  if (!schema) throw new Error(`no schema for ${resource.type}`)
  return toJson(schema, fromBinary(schema, resource.value), { registry: typeRegistry(), useProtoFieldName: true })
}
