import type { Diagnostic } from '../diagnostics/diagnostic.ts'
import type { ServeEvent } from '../reload/events.ts'
import type { FleetEvent, Proxy, PublishReceipt } from '../live/fleet.ts'
import type { Following } from '../serve.ts'
import type { Io } from './io.ts'
import type { Log } from './log.ts'
import { jsonReport, report } from './report.ts'

/** How long proxies may take to answer a publish before that is worth a line, in milliseconds. */
const answerMs = 10_000

/** Tells what happens to the files and to the proxies. */
export class EventTeller {
  readonly #io: Io
  readonly #log: Log
  #serving: Following | undefined
  #early: ServeEvent[] = []

  constructor(io: Io, log: Log) {
    this.#io = io
    this.#log = log
  }

  /** From now on; what happened while it started is told first, but not twice. */
  started(serving: Following): void {
    this.#serving = serving
    for (const event of this.#early) if (event.kind !== 'rejected') this.#tell(event, serving)
    this.#early = []
    serving.fleet.onEvent((event) => this.#proxy(event))
  }

  /** Told after the turn in which it happened, when the state of the server fits the event. */
  readonly file = (event: ServeEvent): void => {
    const serving = this.#serving
    if (!serving) this.#early.push(event)
    else setImmediate(() => this.#tell(event, serving))
  }

  #tell(event: ServeEvent, serving: Following): void {
    const log = this.#log
    switch (event.kind) {
      case 'compiled':
        log.say('debug', `read ${count(event.files, 'file')} in ${Math.round(event.ms)} ms (${event.reason})`, {
          event: event.kind,
          ms: event.ms,
          reason: event.reason,
        })
        // With errors beside them, they are told with these.
        if (event.warnings > 0 && !serving.last.diagnostics.some(({ severity }) => severity === 'error'))
          this.#findings('warn', count(event.warnings, 'warning'), serving.last.diagnostics)
        break
      case 'rejected':
        this.#findings('error', 'the files are not usable; what was served before stays', event.diagnostics)
        break
      case 'published':
        void this.#published(event.receipt, serving)
        break
      case 'held':
        log.say('warn', `a change waits until ${new Date(event.until).toISOString()}: ${event.reason}`, { event: event.kind, until: event.until })
        break
      case 'released':
        log.say('info', `the change that waited is published: ${event.reason}`, { event: event.kind })
        break
      case 'back':
        log.say(
          'info',
          event.from === 'held' ? 'the change that waited is taken back; nothing to change' : 'the files are usable again; nothing to change',
          {
            event: event.kind,
            from: event.from,
          },
        )
        break
      case 'last-good-used':
        this.#findings(
          'error',
          `the files are not usable; what was served at ${new Date(event.savedAt).toISOString()} is served again`,
          event.diagnostics,
        )
        break
      case 'name-problem':
        this.#name(event)
        break
      case 'state-dir-problem':
      case 'watch-problem':
        log.say('warn', event.message, { event: event.kind })
        break
    }
  }

  #name({ kind, host, problem, addresses }: Extract<ServeEvent, { kind: 'name-problem' }>): void {
    const fields = { event: kind, host, addresses }
    if (problem === undefined) return this.#log.say('info', `${host} is resolved again`, fields)
    const now = addresses === 0 ? 'it has no endpoint' : `its last ${count(addresses, 'address', 'addresses')} are used`
    this.#log.say('warn', `the addresses of ${host} cannot be asked for: ${problem}; ${now}`, { ...fields, problem })
  }

  #findings(level: 'warn' | 'error', message: string, diagnostics: readonly Diagnostic[]): void {
    const found = { diagnostics, files: this.#serving?.last.compiled.files ?? new Map<string, never>() }
    this.#log.say(level, message, { diagnostics: jsonReport(found).diagnostics })
    report({ ...this.#io, isTTY: false }, found, 'text', { write: (text) => this.#log.block(text) })
  }

  async #published(receipt: PublishReceipt, { fleet }: Following): Promise<void> {
    const { publish, changed } = receipt
    this.#log.say('info', `published change ${publish}: ${count(changed.length, 'resource')}`, {
      event: 'published',
      publish,
      resources: changed.length,
    })
    const { complete, answered, waiting } = await fleet.settled(receipt, { timeoutMs: answerMs })
    if (complete && answered > 0)
      this.#log.say('info', `change ${publish} is answered by ${count(answered, 'proxy', 'proxies')}`, { event: 'settled', publish, answered })
    for (const { proxy, keys } of waiting) {
      const names = keys.slice(0, 5).map(({ type, name }) => `${type} ${name}`)
      this.#log.say('warn', `proxy ${proxy.id} has not answered change ${publish} yet: ${names.join(', ')}`, {
        event: 'waiting',
        publish,
        proxy: proxy.id,
        keys: names,
      })
    }
  }

  #proxy(event: FleetEvent): void {
    const { proxy } = event
    if (event.kind === 'connected') this.#log.say('info', `proxy ${who(proxy)} connected`, { event: event.kind, proxy: proxy.id })
    if (event.kind === 'disconnected') {
      const why = event.error === undefined ? '' : `: ${event.error}`
      this.#log.say('info', `proxy ${who(proxy)} left${why}`, { event: event.kind, proxy: proxy.id })
    }
    if (event.kind === 'refused') this.#log.say('error', `proxy ${who(proxy)} is not served: ${event.reason}`, { event: event.kind, proxy: proxy.id })
  }
}

function who({ id, agent, version, address }: Proxy): string {
  return `${id} (${[agent, version].filter((word) => word !== '').join(' ')}${agent === '' ? '' : ', '}${address})`
}

function count(number: number, word: string, many = `${word}s`): string {
  return `${number} ${number === 1 ? word : many}`
}
