import { dirname, join, resolve } from 'node:path'
import { InvalidArgumentError, Option } from 'commander'
import { PortTaken } from '../engine/port-check.ts'
import { AlreadyRunning, RunDirUnusable } from '../engine/run-lock.ts'
import { parseDuration } from '../lib/parse-duration.ts'
import { addressOf } from '../plan/view.ts'
import type { Target } from '../target.ts'
import { refusedStart, reloadAsked } from './control-plane.ts'
import { engineOption } from './engine-option.ts'
import { exit, type ExitCode, Stop } from './exit.ts'
import { liveOptions } from './live-options.ts'
import { createLog } from './log.ts'
import type { RunCx, RunEngine, RunOptions } from './own-proxy.ts'
import { openRunDirectory } from './run-directory.ts'
import { envoyEngine } from './run-envoy.ts'
import { nginxEngine, treeName } from './run-nginx.ts'
import { followSignals } from './signals.ts'
import { defaultConfig, type Verb, verb, type VerbCx } from './verb.ts'

interface Options extends RunOptions {
  readonly engine: Target
}

/** How each engine is run, and the longest path below the run directory that a unix socket gets. */
const engines: Readonly<Record<Target, { readonly open: (cx: RunCx) => Promise<RunEngine>; readonly socket: string }>> = {
  envoy: { open: envoyEngine, socket: 'admin.sock' },
  nginx: { open: nginxEngine, socket: `${treeName}/run/admin.sock` },
}

export const runVerb: Verb = (cx) =>
  liveOptions(
    verb({
      name: 'run',
      summary: 'serve the configuration with an Envoy or nginx of its own, and follow its changes',
      examples: [
        ['run', 'the gateway of gateway.yaml'],
        ['run shop.yaml --env dev --drain 5s', 'another file with an overlay'],
        ['run --engine nginx', 'the same gateway on nginx'],
      ],
      notes: 'SIGHUP reads the files again; SIGTERM and SIGINT let requests finish, then end everything.',
    }).argument('[file]', 'the configuration', defaultConfig),
    'where other Envoy proxies connect as well; its own one has a unix socket (default: nowhere)',
  )
    .addOption(engineOption('what to run it on'))
    .addOption(new Option('--drain <duration>', 'how long requests may take to finish at the end').argParser(drainTime).default(30_000, '30s'))
    .addOption(new Option('--concurrency <n>', 'worker threads or processes of the proxy (default: one for each core)').argParser(workers))
    .action(async (file: string, options: Options) => cx.exit(await run(cx, file, options)))

async function run({ io }: VerbCx, file: string, options: Options): Promise<ExitCode> {
  const log = createLog(io, options)
  const { open, socket } = engines[options.engine]
  if (options.xds && options.engine === 'nginx')
    throw new Stop(exit.usage, '--xds is for Envoy: nginx is reached through a unix socket in its directory')
  try {
    await using stack = new AsyncDisposableStack()
    const stateDir = resolve(io.cwd, options.stateDir ?? join(dirname(file), '.sluice'))
    // Before anything is opened: two sluices in one place would take each other's socket.
    const { path: runDir } = stack.use(await openRunDirectory(stateDir, socket, log))
    const { plane, others, start } = await open({ io, file, runDir, options, log })
    stack.defer(() => plane.close())
    const signals = followSignals(() => void reloadAsked(plane, log))
    stack.defer(() => signals.release())
    const proxy = await start()
    stack.defer(() => proxy.stop())
    const admin = await plane.openAdmin({ ready: () => proxy.isReady(), engine: () => proxy.engine() })
    await Promise.race([proxy.ready(), signals.stop])
    const listeners = [...plane.serving.good.gateway.listeners.values()].map((listener) => `${listener.name} on ${addressOf(listener)}`)
    const more = others.length === 0 ? '' : `; other proxies connect to ${others.join(' and ')}`
    log.say('info', `ready: ${listeners.join(', ')}; admin API on ${admin}${more}`, { event: 'ready', listeners, admin, pid: proxy.pid, xds: others })
    log.say('info', `ending after ${await signals.stop}`)
    return exit.ok
  } catch (error) {
    if (error instanceof PortTaken || error instanceof AlreadyRunning) throw new Stop(exit.findings, error.message, { cause: error })
    if (error instanceof RunDirUnusable) throw new Stop(exit.findings, `${error.message}; --state-dir names another place`, { cause: error })
    return refusedStart(io, error)
  }
}

function drainTime(text: string): number {
  const ms = parseDuration(text)
  if (ms === undefined) throw new InvalidArgumentError('It must be a duration such as 500ms, 30s or 2m.')
  return ms
}

function workers(text: string): number {
  if (!/^[1-9]\d{0,2}$/.test(text)) throw new InvalidArgumentError('It must be a number from 1 to 999.')
  return Number(text)
}
