import { hostname } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { InvalidArgumentError, Option } from 'commander'
import { installEnvoy } from '../engine/install.ts'
import { PortTaken } from '../engine/port-check.ts'
import { AlreadyRunning, RunDirUnusable } from '../engine/run-lock.ts'
import { sharedSickEndpoints } from '../engine/sick-endpoints.ts'
import { supervise, type Supervisor } from '../engine/supervise.ts'
import { bootstrap } from '../envoy/bootstrap.ts'
import { parseDuration } from '../lib/parse-duration.ts'
import { addressOf } from '../plan/view.ts'
import { type ControlPlane, refusedStart, reloadAsked, startControlPlane } from './control-plane.ts'
import { exit, type ExitCode, Stop } from './exit.ts'
import type { Io } from './io.ts'
import { type LiveOptions, liveOptions } from './live-options.ts'
import { createLog, type Log } from './log.ts'
import { openRunDirectory } from './run-directory.ts'
import { followSignals } from './signals.ts'
import { defaultConfig, type Verb, verb, type VerbCx } from './verb.ts'

interface Options extends LiveOptions {
  readonly drain: number
  readonly concurrency?: number
}

export const runVerb: Verb = (cx) =>
  liveOptions(
    verb({
      name: 'run',
      summary: 'serve the configuration with an Envoy of its own, and follow its changes',
      examples: [
        ['run', 'the gateway of gateway.yaml'],
        ['run shop.yaml --env dev --drain 5s', 'another file with an overlay'],
      ],
      notes: 'SIGHUP reads the files again; SIGTERM and SIGINT let requests finish, then end everything.',
    }).argument('[file]', 'the configuration', defaultConfig),
    'where other proxies connect as well; its own one has a unix socket (default: nowhere)',
  )
    .addOption(new Option('--drain <duration>', 'how long requests may take to finish at the end').argParser(drainTime).default(30_000, '30s'))
    .addOption(new Option('--concurrency <n>', 'worker threads of the proxy (default: one for each core)').argParser(workers))
    .action(async (file: string, options: Options) => cx.exit(await run(cx, file, options)))

async function run({ io }: VerbCx, file: string, options: Options): Promise<ExitCode> {
  const log = createLog(io, options)
  try {
    await using stack = new AsyncDisposableStack()
    // Before anything is opened: two sluices in one place would take each other's socket.
    const { path: runDir } = stack.use(await openRunDirectory(resolve(io.cwd, options.stateDir ?? join(dirname(file), '.sluice')), log))
    // Its own proxy never needs a certificate, and so is not cut off by one that does not fit.
    const socket = join(runDir, 'xds.sock')
    const plane = await startControlPlane(io, file, [{ socket }, ...(options.xds ? [options.xds] : [])], options, log)
    stack.defer(() => plane.close())
    const signals = followSignals(() => void reloadAsked(plane, log))
    stack.defer(() => signals.release())
    const proxy = await startProxy(io, plane, socket, runDir, options, log)
    stack.defer(() => proxy.stop())
    const sickEndpoints = sharedSickEndpoints(proxy.admin)
    const admin = await plane.openAdmin({ ready: () => proxy.admin.ready(), engine: () => ({ ...engineState(proxy), sickEndpoints }) })
    await Promise.race([proxy.ready(), signals.stop])
    const listeners = [...plane.serving.good.gateway.listeners.values()].map((listener) => `${listener.name} on ${addressOf(listener)}`)
    const others = plane.addresses.slice(1)
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

async function startProxy(io: Io, plane: ControlPlane, socket: string, runDir: string, options: Options, log: Log): Promise<Supervisor> {
  const { path, warning } = await installEnvoy((line) => log.say('info', line), io.env)
  if (warning !== undefined) log.say('warn', warning)
  const { gateway } = plane.serving.good
  return supervise({
    binary: path,
    runDir,
    bootstrap: (adminSocket) =>
      bootstrap({
        nodeId: hostname(),
        nodeCluster: gateway.name,
        xds: { type: 'pipe', path: socket },
        admin: { type: 'pipe', path: adminSocket },
      }),
    ports: [...gateway.listeners.values()].map(({ name, address, port }) => ({ listener: name, address, port })),
    log: (line) => relay(log, line),
    drainMs: options.drain,
    ...(options.concurrency !== undefined && { concurrency: options.concurrency }),
  })
}

/** The supervisor says who speaks: `envoy | …` or `sluice | …`. */
function relay(log: Log, line: string): void {
  if (line.startsWith('envoy | ')) log.envoy(line.slice(8))
  else log.say('info', line.replace(/^sluice \| /, ''))
}

function engineState(proxy: Supervisor): { state: string; detail: string } {
  const restarts = `${proxy.restarts} ${proxy.restarts === 1 ? 'restart' : 'restarts'}`
  return proxy.pid === undefined ? { state: 'restarting', detail: restarts } : { state: 'running', detail: `pid ${proxy.pid}, ${restarts}` }
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
