import type { Good } from '../compile.ts'
import { staticBootstrap } from '../envoy/static-bootstrap.ts'

/** Name of the proxy in a static file: equal configurations give equal bytes on every machine. */
const nodeId = 'static'

/** Text of a static Envoy file; its admin interface listens on 127.0.0.1 and that port. */
export function staticFile({ gateway, resources }: Good, adminPort: number): string {
  return staticBootstrap(resources.values(), { nodeId, nodeCluster: gateway.name, admin: { type: 'loopback', port: adminPort } })
}

/** Whether a static file would hold private keys or other secrets. */
export function holdsSecrets({ resources }: Good): boolean {
  return [...resources.values()].some(({ type }) => type === 'secret')
}
