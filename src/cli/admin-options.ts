import type { Command } from 'commander'
import { exit, Stop } from './exit.ts'
import { readPem } from './read-pem.ts'

/** How to reach the admin API of a running server. */
export interface AdminOptions {
  readonly admin: string
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

/** An address as `--admin` takes it, and what TLS to it needs, PEM. */
export interface AdminServer {
  readonly address: string
  readonly tls?: { readonly ca?: string | undefined; readonly cert?: string | undefined; readonly key?: string | undefined }
}

export function adminOptions(command: Command): Command {
  return command
    .option('--admin <address>', 'admin API of the server: host:port, a URL, or the path of a unix socket', '127.0.0.1:9900')
    .option('--ca <file>', "authority of the server's certificate (PEM), for an address with https://")
    .option('--cert <file>', 'certificate to show to a server that asks for one (PEM)')
    .option('--key <file>', 'its private key (PEM)')
}

/** Ends the verb when a file cannot be read, or when they do not belong together. */
export async function readAdminServer({ admin, ca, cert, key }: AdminOptions): Promise<AdminServer> {
  if (ca === undefined && cert === undefined && key === undefined) return { address: admin }
  if ((cert === undefined) !== (key === undefined)) throw new Stop(exit.usage, 'a certificate needs both --cert and --key')
  if (!admin.startsWith('https://'))
    throw new Stop(exit.usage, `--ca, --cert and --key are for TLS: write --admin https://${admin.replace(/^http:\/\//, '')}`)
  return {
    address: admin,
    tls: {
      ca: ca === undefined ? undefined : await readPem(ca),
      cert: cert === undefined ? undefined : await readPem(cert),
      key: key === undefined ? undefined : await readPem(key),
    },
  }
}
