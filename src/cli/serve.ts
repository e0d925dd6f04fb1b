import { refusedStart, reloadAsked, startControlPlane } from './control-plane.ts'
import { exit, type ExitCode } from './exit.ts'
import { type LiveOptions, liveOptions } from './live-options.ts'
import { createLog } from './log.ts'
import { followSignals } from './signals.ts'
import { defaultConfig, type Verb, verb, type VerbCx } from './verb.ts'

export const serveVerb: Verb = (cx) =>
  liveOptions(
    verb({
      name: 'serve',
      summary: 'serve the configuration to Envoy proxies that run elsewhere, and follow its changes',
      examples: [
        ['serve', 'to proxies on this machine, through 127.0.0.1:9901'],
        ['serve --xds 0.0.0.0:9901 --tls-cert c.pem --tls-key k.pem --client-ca ca.pem', 'to a fleet'],
      ],
      notes: 'SIGHUP reads the files again; SIGTERM and SIGINT end it, and proxies keep what they have.',
    }).argument('[file]', 'the configuration', defaultConfig),
    'where proxies connect (default: 127.0.0.1:9901)',
  ).action(async (file: string, options: LiveOptions) => cx.exit(await serveRun(cx, file, options)))

async function serveRun({ io }: VerbCx, file: string, options: LiveOptions): Promise<ExitCode> {
  const log = createLog(io, options)
  try {
    await using stack = new AsyncDisposableStack()
    const plane = await startControlPlane(io, file, [options.xds ?? { host: '127.0.0.1', port: 9901 }], options, log)
    stack.defer(() => plane.close())
    const admin = await plane.openAdmin()
    const signals = followSignals(() => void reloadAsked(plane, log))
    stack.defer(() => signals.release())
    const xds = plane.addresses.join(' and ')
    log.say('info', `ready: proxies connect to ${xds}, admin API on ${admin}`, { event: 'ready', xds, admin })
    log.say('info', `ending after ${await signals.stop}`)
    return exit.ok
  } catch (error) {
    return refusedStart(io, error)
  }
}
