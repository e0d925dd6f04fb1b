import { hostname } from 'node:os'
import { Command, InvalidArgumentError, Option } from 'commander'
import { isLoopback } from '../admin/host-names.ts'
import { type AdminAddress, bootstrap } from '../envoy/bootstrap.ts'
import type { XdsServer, XdsTls } from '../envoy/xds-cluster.ts'
import { exit, type ExitCode, Stop } from './exit.ts'
import { listenAddress } from './listen-address.ts'
import type { VerbCx } from './verb.ts'

interface Options {
  readonly xds: XdsServer
  readonly node?: string
  readonly cluster: string
  readonly admin: AdminAddress
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  readonly serverName?: string
}

/** `engine bootstrap`: what an Envoy that somebody else starts is given with `-c`. */
export function bootstrapCommand(cx: VerbCx): Command {
  return new Command('bootstrap')
    .description('print the file (JSON) that leads an Envoy of your own to `sluice serve`')
    .addOption(
      new Option('--xds <address>', 'where `sluice serve` listens, seen from the proxy: host:port or unix:PATH')
        .argParser(xdsServer)
        .makeOptionMandatory(),
    )
    .addOption(named('--node <id>', 'name of the proxy in `status`, different for each one (default: the name of this machine)'))
    .addOption(named('--cluster <name>', 'name of the gateway, or of the part of the fleet').default('gateway'))
    .addOption(
      new Option('--admin <address>', "port on 127.0.0.1 or unix:PATH of Envoy's own admin interface")
        .argParser(adminAddress)
        .default({ type: 'loopback', port: 9902 } satisfies AdminAddress, '9902'),
    )
    .addOption(named('--ca <file>', 'authority of the certificate of `sluice serve` (PEM); connects with TLS'))
    .addOption(named('--cert <file>', 'certificate of the proxy (PEM), for `sluice serve --client-ca`'))
    .addOption(named('--key <file>', 'its private key (PEM)'))
    .addOption(named('--server-name <name>', 'name that the certificate of `sluice serve` carries (default: the host of --xds)'))
    .addHelpText('after', `\nPaths are those on the machine of the proxy; they are not read here.\n\nExamples:\n${examples}`)
    .action((options: Options) => cx.exit(print(cx, options)))
}

/** An option whose value is not empty: an unset variable in a script must not become a name. */
function named(flags: string, words: string): Option {
  return new Option(flags, words).argParser((text: string) => {
    if (text === '') throw new InvalidArgumentError('It must not be empty.')
    return text
  })
}

const examples = `  sluice engine bootstrap --xds 127.0.0.1:9901 > envoy.json
  sluice engine bootstrap --xds sluice.internal:9901 --node edge-1 --ca ca.pem --cert proxy.pem --key proxy.key > envoy.json
  envoy -c envoy.json --disable-hot-restart --reject-unknown-dynamic-fields
`

function print({ io }: VerbCx, options: Options): ExitCode {
  const { xds, node = hostname(), cluster, admin } = options
  const tls = tlsOf(options)
  if (tls && xds.type === 'pipe') throw new Stop(exit.usage, 'a unix socket has no TLS: leave out --ca, --cert, --key and --server-name')
  if (!tls && xds.type === 'tcp' && !isLoopback(xds.host))
    io.stderr.write(`warning: without --ca there is no TLS to ${xds.host}: whoever listens on the way reads everything, private keys included\n`)
  io.stdout.write(bootstrap({ nodeId: node, nodeCluster: cluster, xds: xds.type === 'tcp' && tls ? { ...xds, tls } : xds, admin }))
  return exit.ok
}

function tlsOf({ ca, cert, key, serverName }: Options): XdsTls | undefined {
  if ((cert === undefined) !== (key === undefined)) throw new Stop(exit.usage, 'a certificate needs both --cert and --key')
  if (ca !== undefined)
    return {
      caFile: ca,
      ...(cert !== undefined && key !== undefined && { certFile: cert, keyFile: key }),
      ...(serverName !== undefined && { serverName }),
    }
  if (cert !== undefined || serverName !== undefined) throw new Stop(exit.usage, 'TLS needs --ca: without it the proxy would believe every server')
  return undefined
}

function xdsServer(text: string): XdsServer {
  const on = listenAddress(text)
  if ('socket' in on) return { type: 'pipe', path: on.socket }
  if (on.port === 0) throw new InvalidArgumentError('It must be the port where `sluice serve` listens, 1 to 65535.')
  return { type: 'tcp', ...on }
}

function adminAddress(text: string): AdminAddress {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return { type: 'loopback', port: Number(text) }
  const path = text.replace(/^unix:/, '')
  if (!path.includes('/')) throw new InvalidArgumentError('It must be a port of 127.0.0.1, or unix:PATH.')
  return { type: 'pipe', path }
}
