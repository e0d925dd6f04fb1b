import { dirname, join, resolve } from 'node:path'
import { type Compiled, Compiler, type CompileOptions, type Good } from './compile.ts'
import { nodeFiles } from './config/files.ts'
import { features as allFeatures } from './features/index.ts'
import { Publisher } from './live/publisher.ts'
import { compileSaved } from './reload/compile-saved.ts'
import { EventLog, type ServeEvent } from './reload/events.ts'
import { Follower, type Outcome } from './reload/follow.ts'
import { LastGood } from './reload/last-good.ts'
import { recordPatterns } from './reload/recorded-files.ts'
import { toSaved } from './reload/saved.ts'
import { StartRefused } from './reload/start-refused.ts'
import { watchFiles } from './reload/watch.ts'
import { type Clock, systemClock } from './xds/clock.ts'
import { createXds, type Xds } from './xds/xds.ts'

export interface ServeOptions extends CompileOptions {
  /** The root file. */
  readonly config: string
  /** Where the last good state is kept; default `.sluice` next to the root file. */
  readonly stateDir?: string
  /** Whether to follow the files; default true. */
  readonly watch?: boolean
  readonly log?: (event: ServeEvent) => void
  readonly clock?: Clock
}

/** A control plane that follows one root file. */
export interface Serving {
  readonly xds: Xds
  readonly publisher: Publisher
  /** What the proxies are given now. Which proxy has accepted it, `xds.status()` tells. */
  readonly good: Good
  /** The last look at the files. */
  readonly last: Outcome
  /** `serving`: what the files say · `last-good`: the files are not usable, an older state is served · `held`: a usable change waits. */
  readonly state: 'serving' | 'last-good' | 'held'
  /** The last 100, oldest first. */
  readonly events: readonly ServeEvent[]
  /** Calls the listener for every event; the returned function ends that. */
  onEvent(listener: (event: ServeEvent) => void): () => void
  /** Looks at the files at once (SIGHUP, a request) and publishes the difference, if they are usable. */
  reload(reason?: string): Promise<Outcome>
  close(): Promise<void>
}

/** Compiles, publishes, and goes on doing so; the caller opens ports with `xds.listen`. Rejects with {@link StartRefused} when there is nothing to serve. */
export async function serve(options: ServeOptions): Promise<Serving> {
  const { config, overlay, env = process.env, features = allFeatures, watch = true, clock = systemClock, files: port = nodeFiles } = options
  const files = recordPatterns(port)
  const log = new EventLog(clock, options.log)
  const problem = (message: string): void => log.emit({ kind: 'state-dir-problem', message })
  const compiler = new Compiler(config, { overlay, env, features, files })
  const xds = createXds({ clock })
  const publisher = new Publisher(xds, features, compiler.emitter, clock)
  const lastGood = new LastGood(options.stateDir ?? join(dirname(resolve(config)), '.sluice'), problem)
  const saved = await lastGood.load()
  let good: Good | undefined
  let last: Outcome | undefined
  const publish = (next: Good, compiled: Compiled) => {
    const receipt = publisher.publish(next.gateway, next.resources)
    good = next
    lastGood.save(toSaved({ root: config, overlay, files: compiled.files, patterns: files.patterns, env }), clock.now())
    return receipt
  }
  const looked = (outcome: Outcome): void => {
    last = outcome
    void watching?.follow(outcome.compiled.watched)
  }
  const follower = new Follower(config, { compile: () => compiler.compile(), publish, files, clock, emit: log.emit, looked })
  const watching = watch
    ? watchFiles({ changed: () => void follower.notice(), problem: (message) => log.emit({ kind: 'watch-problem', message }), clock })
    : undefined
  const close = async (): Promise<void> => {
    await watching?.close()
    await follower.close()
    publisher.close()
    await Promise.all([xds.close(), lastGood.flush()])
  }
  const first = await follower.look('start', watch)
  if (!good) {
    const usable = await compileSaved(config, { overlay, env, features }, saved, problem)
    if (!usable) throw await close().then(() => new StartRefused(first.compiled, first.diagnostics))
    publisher.publish(usable.good.gateway, usable.good.resources)
    good = usable.good
    follower.served(usable.good, usable.compiled)
    log.emit({ kind: 'last-good-used', savedAt: usable.loaded.savedAt, generation: usable.loaded.generation, diagnostics: first.diagnostics })
  }
  const served = good
  return {
    xds,
    publisher,
    get good() {
      return good ?? served
    },
    get last() {
      return last ?? first
    },
    get state() {
      return stateOf(last ?? first)
    },
    events: log.events,
    onEvent: (listener) => log.listen(listener),
    reload: (reason = 'asked to') => follower.look(reason, false),
    close,
  }
}

function stateOf({ held, receipt }: Outcome): Serving['state'] {
  if (held) return 'held'
  return receipt ? 'serving' : 'last-good'
}
