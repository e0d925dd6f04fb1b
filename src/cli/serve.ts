import { AlreadyRunning, RunDirUnusable } from '../engine/run-lock.ts'
import type { Target } from '../target.ts'
import { type ControlPlane, refusedStart, reloadAsked, startControlPlane } from './control-plane.ts'
import { engineOption } from './engine-option.ts'
import { exit, type ExitCode, Stop } from './exit.ts'
import type { Io } from './io.ts'
import { type LiveOptions, liveOptions } from './live-options.ts'
import { createLog, type Log } from './log.ts'
import { serveNginxAt } from './serve-nginx.ts'
import { followSignals } from './signals.ts'
import { defaultConfig, type Verb, verb, type VerbCx } from './verb.ts'

interface Options extends LiveOptions {
  readonly engine: Target
  readonly dir?: string
}

export const serveVerb: Verb = (cx) =>
  liveOptions(
    verb({
      name: 'serve',
      summary: 'serve the configuration to proxies that run elsewhere, and follow its changes',
      examples: [
        ['serve', 'to Envoy proxies on this machine, through 127.0.0.1:9901'],
        ['serve --xds 0.0.0.0:9901 --tls-cert c.pem --tls-key k.pem --client-ca ca.pem', 'to a fleet'],
        ['serve --engine nginx --dir /run/gateway', 'to the nginx that runs with `nginx -p /run/gateway -c nginx.conf`'],
      ],
      notes: 'SIGHUP reads the files again; SIGTERM and SIGINT end it, and proxies keep what they have.',
    }).argument('[file]', 'the configuration', defaultConfig),
    'where Envoy proxies connect (default: 127.0.0.1:9901)',
  )
    .addOption(engineOption('what the proxies are'))
    .option('--dir <dir>', 'directory of the nginx, which is on this machine and belongs to the same user; written when no nginx runs there')
    .action(async (file: string, options: Options) => cx.exit(await serveRun(cx, file, options)))

async function serveRun({ io }: VerbCx, file: string, options: Options): Promise<ExitCode> {
  const log = createLog(io, options)
  try {
    await using stack = new AsyncDisposableStack()
    const { plane, admin, fields, words } = await begin(stack, io, file, options, log)
    const signals = followSignals(() => void reloadAsked(plane, log))
    stack.defer(() => signals.release())
    log.say('info', `ready: ${words}, admin API on ${admin}`, { event: 'ready', ...fields, admin })
    log.say('info', `ending after ${await signals.stop}`)
    return exit.ok
  } catch (error) {
    if (error instanceof AlreadyRunning || error instanceof RunDirUnusable) throw new Stop(exit.findings, error.message, { cause: error })
    return refusedStart(io, error)
  }
}

interface Begun {
  readonly plane: ControlPlane
  readonly admin: string
  readonly words: string
  readonly fields: Readonly<Record<string, unknown>>
}

async function begin(stack: AsyncDisposableStack, io: Io, file: string, options: Options, log: Log): Promise<Begun> {
  if (options.engine === 'nginx') {
    const { plane, isReady, engine, words, close } = await serveNginxAt(io, file, options.dir, options, log)
    stack.defer(close)
    stack.defer(() => plane.close())
    return { plane, words, fields: { dir: options.dir }, admin: await plane.openAdmin({ ready: isReady, engine }) }
  }
  if (options.dir !== undefined) throw new Stop(exit.usage, '--dir is for --engine nginx')
  const plane = await startControlPlane(io, file, [options.xds ?? { host: '127.0.0.1', port: 9901 }], options, log)
  stack.defer(() => plane.close())
  const xds = plane.addresses.join(' and ')
  return { plane, words: `proxies connect to ${xds}`, fields: { xds }, admin: await plane.openAdmin() }
}
