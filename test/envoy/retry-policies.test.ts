import { create } from '@bufbuild/protobuf'
import { expect, it } from 'vitest'
import { type RetryPolicy, RouteSchema } from '#gen/envoy/config/route/v3/route_components_pb.js'
import { hoistRetryPolicy, sharedRetryPolicy } from '../../src/envoy/retry-policies.ts'

const retrying = (name: string, retryPolicy?: RetryPolicy) =>
  create(RouteSchema, {
    name,
    action: { case: 'route', value: { clusterSpecifier: { case: 'cluster', value: 'c' }, ...(retryPolicy && { retryPolicy }) } },
  })
const policyOf = (route: ReturnType<typeof retrying> | undefined) => (route?.action.case === 'route' ? route.action.value.retryPolicy : undefined)

const often = sharedRetryPolicy({ retryOn: 'reset', numRetries: 2 })
const rarely = sharedRetryPolicy({ retryOn: '5xx', numRetries: 1 })

it('moves the policy that most routes share up, and lets the others keep or refuse it', () => {
  const redirect = create(RouteSchema, { name: 'r', action: { case: 'redirect', value: {} } })
  const { common, routes } = hoistRetryPolicy([retrying('a', often), retrying('b', rarely), retrying('c', often), retrying('d'), redirect])
  expect(common).toBe(often)
  expect(policyOf(routes[0])).toBeUndefined()
  expect(policyOf(routes[1])).toEqual(rarely)
  expect(policyOf(routes[2])).toBeUndefined()
  expect(policyOf(routes[3])).toMatchObject({ retryOn: '' })
  expect(routes[4]).toBe(redirect)
})

it('leaves a host alone in which no two routes share a policy', () => {
  const own = [retrying('a', often), retrying('b', rarely), retrying('c')]
  expect(hoistRetryPolicy(own)).toEqual({ routes: own })
})

it('decides by content, whatever the order of the routes', () => {
  const again = sharedRetryPolicy({ retryOn: 'reset', numRetries: 2 })
  expect(again).toBe(often)
  const four = [retrying('a', often), retrying('b', rarely), retrying('c', rarely), retrying('d', often)]
  expect(hoistRetryPolicy(four).common).toBe(hoistRetryPolicy([...four].reverse()).common)
})
