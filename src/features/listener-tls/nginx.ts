import { X509Certificate } from 'node:crypto'
import type { NginxParts } from '../../nginx/parts.ts'
import type { ListenerTls } from './model.ts'

/** Certificates are data: a renewed one is taken up by the next handshake, without a reload. */
export const nginx: NginxParts<ListenerTls> = {
  state: (tls, _node, { read }) => ({
    certificates: tls.certificates.map(({ cert, key }) => {
      const pem = Buffer.from(read(cert)).toString()
      return { cert: pem, key: Buffer.from(read(key)).toString(), names: namesOf(pem) }
    }),
  }),
  start: ({ minVersion }) => ({ tls: { minVersion } }),
}

/** DNS names that the certificate carries, in lower case; the common name only when there are none. */
function namesOf(pem: string): string[] {
  const certificate = new X509Certificate(pem)
  const names = [...(certificate.subjectAltName ?? '').matchAll(/DNS:([^,"]+)/g)].map((found) => (found[1] ?? '').trim())
  const common = /^CN=(.+)$/m.exec(certificate.subject)?.[1]
  return (names.length > 0 || common === undefined ? names : [common]).map((name) => name.toLowerCase())
}
