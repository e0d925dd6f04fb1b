import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface Certificate {
  readonly key: string
  readonly cert: string
}

/** A self-signed certificate authority with a server certificate for 127.0.0.1 and a client certificate, made by openssl. */
export async function certificates(): Promise<{
  readonly ca: string
  readonly server: Certificate
  readonly client: Certificate
  readonly stranger: Certificate
}> {
  const dir = await mkdtemp(join(tmpdir(), 'xds-tls-'))
  const openssl = (...args: readonly string[]): Promise<unknown> => run('openssl', [...args], { cwd: dir })
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  const read = (name: string): Promise<string> => readFile(join(dir, name), 'utf8')
  const pair = async (name: string): Promise<Certificate> => ({ key: await read(`${name}.key`), cert: await read(`${name}.pem`) })
  try {
    await openssl('req', '-x509', ...ec, '-subj', '/CN=test ca', '-keyout', 'ca.key', '-out', 'ca.pem')
    for (const name of ['server', 'client']) {
      const san = ['-addext', 'subjectAltName=IP:127.0.0.1']
      await openssl(
        'req',
        '-x509',
        ...ec,
        '-CA',
        'ca.pem',
        '-CAkey',
        'ca.key',
        '-subj',
        `/CN=${name}`,
        ...san,
        '-keyout',
        `${name}.key`,
        '-out',
        `${name}.pem`,
      )
    }
    await openssl('req', '-x509', ...ec, '-subj', '/CN=stranger', '-keyout', 'stranger.key', '-out', 'stranger.pem')
    return { ca: await read('ca.pem'), server: await pair('server'), client: await pair('client'), stranger: await pair('stranger') }
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}
