import type { EndpointValue, ServiceValue } from '../config/schema/service.ts'
import type { Path } from '../diagnostics/diagnostic.ts'
import type { LowerCx } from '../feature.ts'
import type { Endpoint, Policies, Service } from './gateway.ts'
import { parseAddress } from './parse-address.ts'

/** Makes a service of what the user wrote. Endpoints that are no addresses are reported and left out. */
export function lowerService(name: string, written: ServiceValue, subsets: Service['subsets'], policies: Policies, cx: LowerCx): Service {
  const endpoints = written.discovery ? dnsEndpoint(written.discovery.dns, cx) : staticEndpoints(written.endpoints ?? [], cx)
  const named = endpoints.some((endpoint) => !endpoint.ip)
  return {
    kind: 'service',
    name,
    protocol: written.protocol ?? 'http1',
    discovery: { type: named ? 'dns' : 'static', endpoints: endpoints.map(({ ip: _, ...endpoint }) => endpoint) },
    subsets,
    policies,
  }
}

type Parsed = Endpoint & { readonly ip: boolean }

function dnsEndpoint(text: string, cx: LowerCx): Parsed[] {
  return parsed({ address: text }, ['discovery', 'dns'], cx)
}

function staticEndpoints(written: readonly EndpointValue[], cx: LowerCx): Parsed[] {
  const seen = new Map<string, number>()
  return written.flatMap((one, index) => {
    const endpoint = typeof one === 'string' ? { address: one } : one
    const at: Path = typeof one === 'string' ? ['endpoints', index] : ['endpoints', index, 'address']
    const result = parsed(endpoint, at, cx)
    const key = result[0] && `${result[0].address}:${result[0].port}`
    const first = key === undefined ? undefined : seen.get(key)
    if (first !== undefined) {
      cx.report({
        code: 'service/duplicate-endpoint',
        message: `endpoint ${endpoint.address} stands twice`,
        path: at,
        help: 'to give it more traffic, set `weight`',
      })
      return []
    }
    if (key !== undefined) seen.set(key, index)
    return result
  })
}

function parsed(written: Exclude<EndpointValue, string>, at: Path, cx: LowerCx): Parsed[] {
  const address = parseAddress(written.address)
  if (!address) {
    cx.report({
      code: 'service/bad-address',
      message: `"${written.address}" is not an address`,
      path: at,
      help: 'write "10.0.0.1:8080", "[::1]:8080" or "host.name:8080"',
    })
    return []
  }
  const { weight = 1, zone, labels = {} } = written
  return [{ address: address.host, port: address.port, ip: address.ip, weight, ...(zone === undefined ? {} : { zone }), labels }]
}
