/**
 * The bootstrap of the Envoy of docker-compose.yml: it finds the control plane at a socket in a shared volume.
 *
 *   node examples/alt-las/compose-bootstrap.ts > examples/alt-las/envoy-bootstrap.json
 */
import { fileURLToPath } from 'node:url'
import { bootstrap } from '../../src/envoy/bootstrap.ts'

/** JSON text for `envoy -c`. */
export function composeBootstrap(): string {
  return bootstrap({
    nodeId: 'compose',
    nodeCluster: 'alt-las',
    xds: { type: 'pipe', path: '/run/sluice/xds.sock' },
    admin: { type: 'loopback', port: 9901 },
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(composeBootstrap())
