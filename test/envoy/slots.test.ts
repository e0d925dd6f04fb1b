import { create } from '@bufbuild/protobuf'
import { describe, expect, it } from 'vitest'
import { BufferPerRouteSchema, BufferSchema } from '#gen/envoy/extensions/filters/http/buffer/v3/buffer_pb.js'
import { LocalRateLimitSchema } from '#gen/envoy/extensions/filters/http/local_ratelimit/v3/local_rate_limit_pb.js'
import { RBACPerRouteSchema, RBACSchema } from '#gen/envoy/extensions/filters/http/rbac/v3/rbac_pb.js'
import { any, anyOf, typeUrl } from '../../src/envoy/any.ts'
import { violations } from '../../src/envoy/pgv.ts'
import { baseExtensions, extension, idleSlots, optOut, perRouteConfig, type SlotName, slots } from '../../src/envoy/slots.ts'
import type { Resource } from '../../src/xds/resource.ts'

describe('the filter chain', () => {
  it('has this order', () => {
    expect(slots.map((slot) => slot.name)).toEqual([
      'cors',
      'limits-ip',
      'jwt',
      'api-key',
      'revocation-recent',
      'revocation-base',
      'rbac-ip',
      'rbac-authz',
      'limits-a',
      'limits-b',
      'ratelimit',
      'header-to-metadata',
      'lua',
      'filter-chain',
      'ext-proc',
      'buffer',
      'grpc-json-transcoder',
      'custom-response',
      'stateful-session',
      'compressor-br',
      'compressor-gzip',
      'fault',
    ])
  })

  it('gives a reason for every place', () => {
    for (const slot of slots) expect(slot.reason.length).toBeGreaterThan(20)
  })

  it('has slots that are always on only where the configuration is live, for it could never change otherwise', () => {
    for (const slot of slots) if (slot.placement === 'always') expect(slot.ecds).toBe(true)
  })

  it('starts with configurations that break no rule', () => {
    for (const slot of slots) expect(violations(slot.type, slot.empty)).toEqual([])
  })

  it('serves one extension for each live slot, equal bytes every time', () => {
    const live = slots.filter((slot) => slot.ecds).map((slot) => slot.name)
    expect(baseExtensions().map((resource) => resource.name)).toEqual(live)
    expect(baseExtensions()).toEqual(baseExtensions())
  })
})

describe('a per-route configuration', () => {
  it('is packed when its type is the slot’s', () => {
    const message = create(BufferPerRouteSchema, { override: { case: 'disabled', value: true } })
    expect(perRouteConfig('buffer', message)).toEqual(any(BufferPerRouteSchema, message))
  })

  it('is refused when Envoy would silently ignore it', () => {
    expect(() => perRouteConfig('buffer', create(BufferSchema, { maxRequestBytes: 1 }))).toThrow(
      'takes envoy.extensions.filters.http.buffer.v3.BufferPerRoute on a route',
    )
    expect(() => perRouteConfig('revocation-base', create(RBACPerRouteSchema))).toThrow('takes no per-route configuration')
    expect(() => perRouteConfig('nosuch' as SlotName, create(RBACPerRouteSchema))).toThrow('no filter slot is called nosuch')
  })
})

describe('an opt-out', () => {
  it('exists for filters that are always on, and for no other', () => {
    expect(optOut('limits-a').typeUrl).toBe('type.googleapis.com/envoy.config.route.v3.FilterConfig')
    expect(() => optOut('jwt')).toThrow('not always on')
  })
})

describe('a slot', () => {
  const served = (resources: Iterable<Resource>) => new Map([...resources].map((resource) => [`${resource.type}/${resource.name}`, resource]))

  it('is idle while it is always on and its configuration is the empty one', () => {
    expect(idleSlots(served(baseExtensions()))).toEqual(['limits-ip', 'revocation-recent', 'revocation-base', 'limits-a', 'limits-b'])
    const used = extension('limits-a', create(LocalRateLimitSchema, { statPrefix: 'used', stage: 1 }))
    expect(idleSlots(served([...baseExtensions(), used]))).toEqual(['limits-ip', 'revocation-recent', 'revocation-base', 'limits-b'])
    expect(idleSlots(new Map())).toEqual([])
  })
})

describe('an extension', () => {
  it('is refused for a slot without ECDS and for another type', () => {
    expect(() => extension('rbac-ip', create(RBACSchema))).toThrow('not configured by ECDS')
    expect(() => extension('jwt', create(RBACSchema))).toThrow('expected envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication')
  })

  it('keeps its version for equal content and changes it for other content', () => {
    const rules = create(RBACSchema, { rules: { policies: {} } })
    expect(extension('revocation-recent', rules).version).toBe(extension('revocation-recent', create(RBACSchema, rules)).version)
    expect(extension('revocation-recent', rules).version).not.toBe(
      baseExtensions().find((resource) => resource.name === 'revocation-recent')?.version,
    )
  })
})

describe('an Any', () => {
  it('has the type in its URL and refuses another one', () => {
    expect(typeUrl(RBACSchema)).toBe('type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC')
    expect(() => anyOf(RBACSchema, create(BufferSchema))).toThrow(TypeError)
  })
})
