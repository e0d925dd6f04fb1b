import type { NginxParts } from '../../nginx/parts.ts'
import type { UpstreamTls } from './model.ts'

/** The name is data. How certificates are checked is not: another authority costs a reload. */
export const nginx: NginxParts<UpstreamTls> = {
  state: (tls, node) => ({ serverName: tls.serverName ?? (node.kind === 'service' ? node.discovery.endpoints[0]?.address : undefined) ?? node.name }),
  start: (tls, _node, read) => {
    if (!tls.verify) return { trust: 'none' }
    return { trust: tls.ca === undefined ? 'system' : { pem: Buffer.from(read(tls.ca)).toString() } }
  },
}
