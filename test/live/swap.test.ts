import { fromBinary } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { ClusterLoadAssignmentSchema } from '#gen/envoy/config/endpoint/v3/endpoint_pb.js'
import { loadAssignment } from '../../src/envoy/endpoints.ts'
import { toResource } from '../../src/envoy/resource.ts'
import { EndpointSwaps } from '../../src/envoy/swap.ts'
import type { Service } from '../../src/model/gateway.ts'
import type { Resource } from '../../src/xds/resource.ts'

/** Endpoints of service `s`; `port@zone` or `port`. */
function set(...endpoints: string[]): Resource {
  const service: Service = {
    kind: 'service',
    name: 's',
    protocol: 'http1',
    discovery: {
      type: 'static',
      endpoints: endpoints.map((text) => {
        const [port, zone] = text.split('@')
        return { address: '127.0.0.1', port: Number(port), weight: 1, labels: {}, ...(zone === undefined ? {} : { zone }) }
      }),
    },
    subsets: [],
    policies: {},
  }
  return toResource({ type: 'endpoints', name: 's' }, ClusterLoadAssignmentSchema, loadAssignment(service), {})
}

function ports(resource: Resource): string[] {
  return fromBinary(ClusterLoadAssignmentSchema, resource.value).endpoints.flatMap(({ locality, lbEndpoints }) =>
    lbEndpoints.map(({ hostIdentifier }) => {
      const address = hostIdentifier.case === 'endpoint' ? hostIdentifier.value.address?.address : undefined
      const port = address?.case === 'socketAddress' && address.value.portSpecifier.case === 'portValue' ? address.value.portSpecifier.value : 0
      return locality?.zone ? `${port}@${locality.zone}` : `${port}`
    }),
  )
}

function swapper(settleMs: number) {
  const swaps = new EndpointSwaps()
  return (next: Resource, now: number) => {
    const plan = swaps.plan(next, settleMs, now)
    plan.commit()
    return { ports: ports(plan.serve), again: plan.again, final: plan.serve.version === next.version }
  }
}

test('an exchange of all endpoints serves both until the new ones can be healthy', () => {
  const apply = swapper(100)
  expect(apply(set('1', '2'), 0)).toEqual({ ports: ['1', '2'], again: undefined, final: true })
  expect(apply(set('3', '4'), 10)).toEqual({ ports: ['3', '4', '1', '2'], again: 110, final: false })
  expect(apply(set('3', '4'), 109)).toMatchObject({ ports: ['3', '4', '1', '2'], again: 110 })
  expect(apply(set('3', '4'), 110)).toEqual({ ports: ['3', '4'], again: undefined, final: true })
})

test('a chain of exchanges lets each generation go in its own time', () => {
  const apply = swapper(100)
  apply(set('1'), 0)
  expect(apply(set('2'), 10).ports).toEqual(['2', '1'])
  expect(apply(set('3'), 60)).toMatchObject({ ports: ['3', '1', '2'], again: 110 })
  expect(apply(set('3'), 110)).toMatchObject({ ports: ['3', '2'], again: 160 })
  expect(apply(set('3'), 160)).toMatchObject({ ports: ['3'], again: undefined })
})

test('an endpoint that comes back is not taken out by its old leave', () => {
  const apply = swapper(100)
  apply(set('1'), 0)
  apply(set('2'), 10)
  expect(apply(set('1'), 20)).toMatchObject({ ports: ['1', '2'], again: 120 })
  expect(apply(set('1'), 120)).toMatchObject({ ports: ['1'], again: undefined })
})

test('a mere removal, and an exchange in a service that settles at once, happen at once', () => {
  const slow = swapper(100)
  slow(set('1', '2'), 0)
  expect(slow(set('1'), 10)).toEqual({ ports: ['1'], again: undefined, final: true })
  const quick = swapper(0)
  quick(set('1'), 0)
  expect(quick(set('2'), 10)).toEqual({ ports: ['2'], again: undefined, final: true })
})

test('leaving endpoints stay in their zone', () => {
  const apply = swapper(100)
  apply(set('1@a', '2@b'), 0)
  expect(apply(set('3@a'), 10).ports).toEqual(['3@a', '1@a', '2@b'])
})

test('a plan that is not committed leaves no trace, and a forgotten service comes back without its past', () => {
  const swaps = new EndpointSwaps()
  swaps.plan(set('1'), 100, 0).commit()
  swaps.plan(set('2'), 100, 10)
  expect(ports(swaps.plan(set('3'), 100, 20).serve)).toEqual(['3', '1'])
  swaps.forget('s')
  expect(ports(swaps.plan(set('3'), 100, 30).serve)).toEqual(['3'])
})
