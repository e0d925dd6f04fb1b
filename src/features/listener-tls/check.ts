import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { ReadMaterial } from '../../model/material.ts'
import type { ListenerTls } from './model.ts'

/** Why a certificate and its key cannot be served; the text of the key is never part of it. */
export interface CertificateProblem {
  readonly index: number
  readonly part: 'cert' | 'key'
  readonly code: string
  readonly message: string
  readonly severity: 'error' | 'warning'
}

/** Looks at the content of certificate files: readable, belonging together, in date. */
export function* certificateProblems(tls: ListenerTls, read: ReadMaterial, now: number): Iterable<CertificateProblem> {
  for (const [index, { cert, key }] of tls.certificates.entries()) {
    const certificate = attempt(() => new X509Certificate(read(cert)))
    if (!certificate) {
      yield { index, part: 'cert', severity: 'error', code: 'listener-tls/bad-certificate', message: 'the file holds no PEM certificate' }
      continue
    }
    const privateKey = attempt(() => createPrivateKey(Buffer.from(read(key))))
    if (!privateKey) yield { index, part: 'key', severity: 'error', code: 'listener-tls/bad-key', message: 'the secret holds no PEM private key' }
    else if (!certificate.checkPrivateKey(privateKey)) {
      yield { index, part: 'key', severity: 'error', code: 'listener-tls/key-mismatch', message: 'the key does not belong to the certificate' }
    }
    const end = Date.parse(certificate.validTo)
    if (end < now)
      yield {
        index,
        part: 'cert',
        severity: 'error',
        code: 'listener-tls/expired',
        message: `the certificate ended on ${new Date(end).toISOString()}`,
      }
    else if (end < now + 14 * 86_400_000) {
      yield {
        index,
        part: 'cert',
        severity: 'warning',
        code: 'listener-tls/expires-soon',
        message: `the certificate ends on ${new Date(end).toISOString()}`,
      }
    }
  }
}

function attempt<T>(make: () => T): T | undefined {
  try {
    return make()
  } catch {
    return undefined // reported by the caller, without the text of a key
  }
}
