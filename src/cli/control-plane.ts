import { resolve } from 'node:path'
import { type Admin, type AdminOptions, createAdmin } from '../admin/admin.ts'
import { StartRefused } from '../reload/start-refused.ts'
import { type Following, serve, type ServeOptions } from '../serve.ts'
import { type NginxServing, serveNginx, type ServeNginxOptions } from '../serve-nginx.ts'
import type { ListenOn, Tls } from '../xds/server.ts'
import { exit, type ExitCode } from './exit.ts'
import type { Io } from './io.ts'
import { cannotListen, judgeOpen } from './listen-address.ts'
import { type LiveOptions, readTls } from './live-options.ts'
import type { Log } from './log.ts'
import { EventTeller } from './log-events.ts'
import { rootOf, unusable } from './read-config.ts'
import { report } from './report.ts'

/** A control plane with its ports open. */
export interface ControlPlane<F extends Following = Following> {
  readonly serving: F
  /** Opens the admin API and returns its URL or path. */
  openAdmin(more?: Pick<AdminOptions, 'ready' | 'engine'>): Promise<string>
  close(): Promise<void>
}

export interface XdsPlane extends ControlPlane {
  /** Where proxies connect: `host:port` or the path of a socket, one for each place that was asked for. */
  readonly addresses: readonly string[]
}

/** Starts to serve a file in every place of `xds`; unix sockets are without TLS. Nothing stays open when it rejects. */
export async function startControlPlane(io: Io, file: string, xds: readonly ListenOn[], options: LiveOptions, log: Log): Promise<XdsPlane> {
  const tls = await checkedTls(xds, options, log)
  const teller = new EventTeller(io, log)
  const serving = await serve({ ...common(io, file, options), log: teller.file })
  teller.started(serving)
  const addresses: string[] = []
  for (const on of xds) {
    const { address } = await serving.xds.listen(on, 'socket' in on ? undefined : tls).catch(async (error: unknown) => {
      await serving.close()
      throw cannotListen('--xds', error)
    })
    addresses.push(address)
  }
  return { ...planeOf(serving, options, tls, log), addresses }
}

/** Starts to follow a file for one nginx of this machine, which is not spoken to before `serving.publisher.begin()`. */
export async function startNginxPlane(
  io: Io,
  file: string,
  nginx: Pick<ServeNginxOptions, 'site' | 'writes'>,
  options: LiveOptions,
  log: Log,
): Promise<ControlPlane<NginxServing>> {
  const tls = await checkedTls([], options, log)
  const teller = new EventTeller(io, log)
  const serving = await serveNginx({ ...common(io, file, options), ...nginx, log: teller.file })
  teller.started(serving)
  return planeOf(serving, options, tls, log)
}

/** The certificate of the ports; refuses ports that would be open to the network without one. */
async function checkedTls(xds: readonly ListenOn[], options: LiveOptions, log: Log): Promise<Tls | undefined> {
  const tls = await readTls(options)
  for (const [option, on] of [...xds.map((place) => ['--xds', place] as const), ['--admin', options.admin] as const]) {
    const warning = judgeOpen(option, on, tls, options.insecure === true)
    if (warning !== undefined) log.say('warn', warning)
  }
  return tls
}

function common(io: Io, file: string, options: LiveOptions): ServeOptions {
  const stateDir = options.stateDir === undefined ? {} : { stateDir: resolve(io.cwd, options.stateDir) }
  return { config: rootOf(io, file), overlay: options.env, env: io.env, ...stateDir }
}

function planeOf<F extends Following>(serving: F, options: LiveOptions, tls: Tls | undefined, log: Log): ControlPlane<F> {
  const admins: Admin[] = []
  return {
    serving,
    async openAdmin(more = {}) {
      const onRejection: AdminOptions['onRejection'] = ({ message, ...line }) => log.say('error', message, line)
      const onError = (error: Error): void => log.say('error', `the admin API failed: ${error.message}`, { stack: error.stack })
      const insecure = options.insecure === true
      const admin = await createAdmin(serving, { ...more, onRejection, onError, insecure, ...(tls && !('socket' in options.admin) && { tls }) })
      admins.push(admin)
      return admin.listen(options.admin).catch((error: unknown) => {
        throw cannotListen('--admin', error)
      })
    },
    async close() {
      await Promise.all(admins.map((admin) => admin.close()))
      await serving.close()
    },
  }
}

/** Looks at the files because somebody asked to (SIGHUP), and answers even when there is nothing else to tell. */
export async function reloadAsked({ serving }: ControlPlane, log: Log): Promise<void> {
  let told = false
  const release = serving.onEvent(({ kind }) => (told ||= kind !== 'compiled'))
  try {
    const { receipt, held } = await serving.reload('SIGHUP')
    if (told) return
    const what = receipt ? 'nothing to change' : held ? 'the change still waits' : 'the files are still not usable'
    log.say('info', `reload asked for: ${what}`, { event: 'reload-asked' })
  } catch (error) {
    log.say('error', `reload asked for: it failed: ${error instanceof Error ? error.message : String(error)}`, { event: 'reload-asked' })
  } finally {
    release()
  }
}

/** Words and the exit code for a start that was refused because of the files; rethrows everything else. */
export function refusedStart(io: Io, error: unknown): ExitCode {
  if (!(error instanceof StartRefused)) throw error
  report(io, { diagnostics: error.diagnostics, files: error.compiled.files }, 'text', io.stderr)
  io.stderr.write(`error: ${error.message}\n`)
  return unusable(error.compiled) ? exit.badInput : exit.findings
}
