import { type Command, Option } from 'commander'
import type { ListenOn, Tls } from '../xds/server.ts'
import { exit, Stop } from './exit.ts'
import { listenAddress } from './listen-address.ts'
import { readPem } from './read-pem.ts'

/** Options of the verbs that serve. */
export interface LiveOptions {
  readonly env?: string
  readonly admin: ListenOn
  readonly xds?: ListenOn
  readonly insecure?: boolean
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly clientCa?: string
  readonly stateDir?: string
  readonly logFormat: 'text' | 'json'
  readonly quiet?: boolean
  readonly verbose?: boolean
}

export function liveOptions(command: Command, xdsWords: string): Command {
  return command
    .option('-e, --env <name>', 'lay overlays/<name>.yaml over the configuration')
    .addOption(
      new Option('--admin <address>', 'where the admin API listens')
        .argParser(listenAddress)
        .default({ host: '127.0.0.1', port: 9900 }, '127.0.0.1:9900'),
    )
    .addOption(new Option('--xds <address>', xdsWords).argParser(listenAddress))
    .option('--tls-cert <file>', 'certificate (PEM) for both, needed beyond this machine')
    .option('--tls-key <file>', 'its private key (PEM)')
    .option('--client-ca <file>', 'let in only clients with a certificate of this authority (PEM)')
    .option('--insecure', 'allow both to be open to the network without TLS')
    .option('--state-dir <dir>', 'where the last good configuration is kept (default: .sluice beside the configuration)')
    .addOption(new Option('--log-format <format>', 'how log lines are written, to stderr').choices(['text', 'json']).default('text'))
    .option('-q, --quiet', 'log only warnings and errors')
    .option('-v, --verbose', 'log more')
}

/** The certificate for xDS and the admin API; undefined without one. */
export async function readTls({ tlsCert, tlsKey, clientCa }: LiveOptions): Promise<Tls | undefined> {
  if (tlsCert === undefined && tlsKey === undefined && clientCa === undefined) return undefined
  if (tlsCert === undefined || tlsKey === undefined) throw new Stop(exit.usage, 'TLS needs both --tls-cert and --tls-key')
  const [cert, key, ca] = await Promise.all([readPem(tlsCert), readPem(tlsKey), clientCa === undefined ? undefined : readPem(clientCa)])
  return { cert, key, ...(ca !== undefined && { clientCa: ca }) }
}
