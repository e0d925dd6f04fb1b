import { create, type JsonObject } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RouteConfigurationSchema } from '#gen/envoy/config/route/v3/route_pb.js'
import { RBACSchema } from '#gen/envoy/extensions/filters/http/rbac/v3/rbac_pb.js'
import { RuntimeSchema } from '#gen/envoy/service/runtime/v3/rtds_pb.js'
import { deterministicBytes } from '../../src/envoy/deterministic.ts'
import { cases } from '../support/cases.ts'

const reversed = <T>(record: Record<string, T>): Record<string, T> => Object.fromEntries(Object.entries(record).reverse())

describe('serialized bytes', () => {
  it('do not depend on the order in which a map was written', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.boolean()), (keys) => {
        const policies = Object.fromEntries(Object.keys(keys).map((key) => [key, { permissions: [{ rule: { case: 'any' as const, value: true } }] }]))
        const bytes = (map: typeof policies) => deterministicBytes(RBACSchema, create(RBACSchema, { rules: { policies: map } }))
        expect(bytes(reversed(policies))).toEqual(bytes(policies))
      }),
      cases(),
    )
  })

  it('do not depend on the order of keys in a Struct, however deep, in a field, in a list or in a map', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string({ minLength: 1 }),
          fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.dictionary(fc.string(), fc.boolean())),
        ),
        (layer) => {
          const turned = reversed(
            Object.fromEntries(Object.entries(layer).map(([key, value]) => [key, typeof value === 'object' ? reversed(value) : value])),
          )
          const runtime = (value: JsonObject) => deterministicBytes(RuntimeSchema, create(RuntimeSchema, { name: 'x', layer: value }))
          expect(runtime(turned)).toEqual(runtime(layer))
          const routes = (value: JsonObject) =>
            deterministicBytes(
              RouteConfigurationSchema,
              create(RouteConfigurationSchema, { virtualHosts: [{ routes: [{ metadata: { filterMetadata: { b: value, a: value } } }] }] }),
            )
          expect(routes(turned)).toEqual(routes(layer))
        },
      ),
      cases(),
    )
  })
})
