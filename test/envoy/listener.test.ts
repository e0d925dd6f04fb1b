import { create, fromBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ListenerSchema } from '#gen/envoy/config/listener/v3/listener_pb.js'
import { HeaderMutationSchema } from '#gen/envoy/extensions/http/early_header_mutation/header_mutation/v3/header_mutation_pb.js'
import { RouterSchema } from '#gen/envoy/extensions/filters/http/router/v3/router_pb.js'
import {
  type HttpConnectionManager,
  HttpConnectionManagerSchema,
} from '#gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js'
import { DownstreamTlsContextSchema } from '#gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.js'
import { HttpProtocolOptions_HeadersWithUnderscoresAction as Underscores } from '#gen/envoy/config/core/v3/protocol_pb.js'
import { HttpConnectionManager_PathWithEscapedSlashesAction as EscapedSlashes } from '#gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js'
import { any, typeUrl } from '../../src/envoy/any.ts'
import { emitListener } from '../../src/envoy/listener.ts'
import type { ListenerPatch } from '../../src/envoy/listener-patch.ts'
import { violations } from '../../src/envoy/pgv.ts'
import { slots } from '../../src/envoy/slots.ts'
import type { ErrorFormat, Listener } from '../../src/model/gateway.ts'
import { cases } from '../support/cases.ts'
import { listenerNode } from '../support/resources.ts'

const node = listenerNode(8080, { address: '0.0.0.0', trustedHops: 2 })
const decode = (listener: Listener, patch?: ListenerPatch) => fromBinary(ListenerSchema, emitListener(listener, patch).value)

function managerOf(listener: Listener): HttpConnectionManager {
  const filter = decode(listener).filterChains[0]?.filters[0]
  if (filter?.configType.case !== 'typedConfig') throw new Error('no HTTP connection manager')
  return fromBinary(HttpConnectionManagerSchema, filter.configType.value.value)
}

const seconds = (value: { seconds: bigint; nanos: number } | undefined) => (value ? Number(value.seconds) + value.nanos / 1e9 : undefined)

describe('edge hardening', () => {
  const manager = managerOf(node)

  it('bounds buffers, connections and slow clients of the listener', () => {
    const listener = decode(node)
    expect(listener).toMatchObject({
      name: 'public',
      statPrefix: 'public',
      perConnectionBufferLimitBytes: 32_768,
      maxConnectionsToAcceptPerSocketEvent: 16,
    })
    expect(seconds(listener.listenerFiltersTimeout)).toBe(15)
    expect([listener.bypassOverloadManager, listener.ignoreGlobalConnLimit]).toEqual([false, false])
  })

  it('knows the client’s address from as many proxies as are trusted, and no peer is internal', () => {
    expect(manager).toMatchObject({
      useRemoteAddress: true,
      xffNumTrustedHops: 2,
      skipXffAppend: false,
      generateRequestId: true,
      preserveExternalRequestId: false,
    })
    expect(manager.internalAddressConfig).toMatchObject({ unixSockets: false, cidrRanges: [{ addressPrefix: '255.255.255.255', prefixLen: 32 }] })
    expect(manager.forwardClientCertDetails).toBe(0)
  })

  it('limits headers and HTTP/2', () => {
    expect(manager.maxRequestHeadersKb).toBe(60)
    expect(manager.commonHttpProtocolOptions).toMatchObject({ maxHeadersCount: 100, headersWithUnderscoresAction: Underscores.REJECT_REQUEST })
    expect(manager.http2ProtocolOptions).toMatchObject({
      maxConcurrentStreams: 100,
      initialStreamWindowSize: 65_536,
      initialConnectionWindowSize: 1_048_576,
    })
    expect(seconds(manager.http2ProtocolOptions?.connectionKeepalive?.interval)).toBe(30)
    expect(manager.httpProtocolOptions).toMatchObject({
      acceptHttp10: false,
      allowChunkedLength: false,
      allowCustomMethods: false,
      enableTrailers: false,
    })
  })

  it('has a bound for every kind of waiting', () => {
    const { commonHttpProtocolOptions: common, streamIdleTimeout, requestTimeout, requestHeadersTimeout, delayedCloseTimeout, drainTimeout } = manager
    expect([common?.idleTimeout, streamIdleTimeout, requestTimeout, requestHeadersTimeout, delayedCloseTimeout, drainTimeout].map(seconds)).toEqual([
      3600, 300, 300, 10, 1, 5,
    ])
  })

  it('has one spelling for each path', () => {
    expect(manager).toMatchObject({
      normalizePath: true,
      mergeSlashes: true,
      pathWithEscapedSlashesAction: EscapedSlashes.REJECT_REQUEST,
      stripTrailingHostDot: true,
    })
  })

  it('tells nothing about itself', () => {
    expect([manager.serverName, manager.serverHeaderTransformation, manager.via]).toEqual(['sluice', 0, ''])
    const router = manager.httpFilters.at(-1)
    expect(router?.configType.case === 'typedConfig' && fromBinary(RouterSchema, router.configType.value.value).suppressEnvoyHeaders).toBe(true)
  })

  it('strips owned headers before routing; forwarding headers only when nobody is trusted to send them', () => {
    const stripped = (trustedHops: number) => {
      const extension = managerOf({ ...node, trustedHops }).earlyHeaderMutationExtensions[0]
      return fromBinary(HeaderMutationSchema, extension?.typedConfig?.value ?? new Uint8Array()).mutations.map(({ action }) => {
        const pattern = action.case === 'removeOnMatch' ? action.value.keyMatcher?.matchPattern : undefined
        return pattern?.case === 'safeRegex' ? pattern.value.regex : 'unexpected'
      })
    }
    const always = 'x-auth-.*|x-sluice-.*|x-envoy-.*'
    expect(stripped(0)).toEqual([`${always}|x-forwarded-host|x-forwarded-port|forwarded`])
    expect(stripped(1)).toEqual([always])
  })

  it('allows no upgrade for all routes', () => {
    expect(manager.upgradeConfigs).toEqual([])
  })
})

describe('the chain of filters', () => {
  const { httpFilters, routeSpecifier } = managerOf(node)

  it('is the table of slots and the router, switched on only where it must be', () => {
    expect(httpFilters.map((filter) => filter.name)).toEqual([...slots.map((slot) => slot.name), 'router'])
    for (const slot of slots) {
      const filter = httpFilters.find((each) => each.name === slot.name)
      expect([slot.name, filter?.disabled]).toEqual([slot.name, slot.placement !== 'always'])
      if (filter?.configType.case === 'configDiscovery') expect(filter.configType.value.typeUrls).toEqual([typeUrl(slot.type)])
      expect(filter?.configType.case).toBe(slot.ecds ? 'configDiscovery' : 'typedConfig')
    }
  })

  it('gets routes and live configurations over ADS, and waits for them', () => {
    expect(routeSpecifier).toMatchObject({
      case: 'rds',
      value: { routeConfigName: 'public', configSource: { configSourceSpecifier: { case: 'ads' } } },
    })
    for (const { configType } of httpFilters) {
      if (configType.case === 'configDiscovery')
        expect([configType.value.configSource?.configSourceSpecifier.case, seconds(configType.value.configSource?.initialFetchTimeout)]).toEqual([
          'ads',
          0,
        ])
    }
  })

  it('refers to all that it waits for', () => {
    const live = slots.filter((slot) => slot.ecds).map((slot) => ({ type: 'extension', name: slot.name }))
    expect(emitListener(node).refs).toEqual([{ type: 'routes', name: 'public' }, ...live])
  })
})

describe('a patch', () => {
  it('puts TLS in front, with a bound for the handshake', () => {
    const transportSocket = {
      name: 'envoy.transport_sockets.tls',
      configType: { case: 'typedConfig' as const, value: any(DownstreamTlsContextSchema) },
    }
    const secret = { type: 'secret', name: 'listener/public/0' } as const
    const chain = decode(node, { transportSocket }).filterChains[0]
    expect([chain?.transportSocket?.name, seconds(chain?.transportSocketConnectTimeout)]).toEqual(['envoy.transport_sockets.tls', 10])
    expect(emitListener(node, { refs: [secret] }).refs).toContainEqual(secret)
  })
})

const listeners = fc.record({
  kind: fc.constant('listener' as const),
  name: fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?$/),
  address: fc.constantFrom('0.0.0.0', '::', '127.0.0.1', '::1'),
  port: fc.integer({ min: 1, max: 65_535 }),
  trustedHops: fc.integer({ min: 0, max: 10 }),
  errorFormat: fc.constantFrom<ErrorFormat>('json', 'problem-json', 'text'),
  policies: fc.constant({}),
})

describe('the listener resource', () => {
  it('depends on its own node alone: equal nodes give equal bytes, and the node is not touched', () => {
    fc.assert(
      fc.property(listeners, fc.object(), (listener, policies) => {
        const once = emitListener(Object.freeze(listener))
        expect(emitListener(structuredClone(listener))).toEqual(once)
        // What features say reaches it through the patch only.
        expect(emitListener({ ...listener, policies })).toEqual(once)
      }),
      cases(50),
    )
  })

  it('breaks no rule of Envoy, whatever the node', () => {
    fc.assert(
      fc.property(listeners, (listener) => {
        expect(violations(ListenerSchema, decode(listener))).toEqual([])
      }),
      cases(50),
    )
  })

  it('changes with each of its own settings', () => {
    const versions = [
      node,
      { ...node, port: 8081 },
      { ...node, address: '::' },
      { ...node, trustedHops: 0 },
      { ...node, errorFormat: 'text' as const },
      { ...node, name: 'other' },
    ].map((each) => emitListener(each).version)
    expect(new Set(versions).size).toBe(versions.length)
  })

  it('would be found out if it broke a rule', () => {
    expect(violations(ListenerSchema, create(ListenerSchema, { filterChains: [{ filters: [{ name: '' }] }] }))).toHaveLength(1)
  })
})
