import { dirname, join, resolve } from 'node:path'
import { Compiler, type CompileOptions, type Good } from './compile.ts'
import { nodeFiles } from './config/files.ts'
import type { Feature } from './feature.ts'
import { features as allFeatures } from './features/index.ts'
import type { Fleet, Publisher } from './live/fleet.ts'
import { XdsPublisher } from './live/xds-publisher.ts'
import { compileSaved } from './reload/compile-saved.ts'
import { EventLog, type Happening, type ServeEvent } from './reload/events.ts'
import { Follower, type Outcome } from './reload/follow.ts'
import { LastGood } from './reload/last-good.ts'
import { recordPatterns } from './reload/recorded-files.ts'
import { toSaved } from './reload/saved.ts'
import { StartRefused } from './reload/start-refused.ts'
import { watchFiles } from './reload/watch.ts'
import type { Emitters, Target } from './target.ts'
import { type Clock, systemClock } from './xds/clock.ts'
import { createXds, type Xds } from './xds/xds.ts'

export interface ServeOptions extends Omit<CompileOptions, 'target'> {
  /** The root file. */
  readonly config: string
  /** Where the last good state is kept; default `.sluice` next to the root file. */
  readonly stateDir?: string
  /** Whether to follow the files; default true. */
  readonly watch?: boolean
  readonly log?: (event: ServeEvent) => void
  readonly clock?: Clock
}

/** A root file that is followed, and the proxies that are kept equal to it. */
export interface Following<T extends Target = Target> {
  readonly target: T
  readonly fleet: Fleet
  readonly publisher: Publisher<T>
  /** What the proxies are given now. Which proxy has accepted it, `fleet` tells. */
  readonly good: Good<T>
  /** The last look at the files. */
  readonly last: Outcome<T>
  /** `serving`: what the files say · `last-good`: the files are not usable, an older state is served · `held`: a usable change waits. */
  readonly state: 'serving' | 'last-good' | 'held'
  /** The last 100, oldest first. */
  readonly events: readonly ServeEvent[]
  /** Calls the listener for every event; the returned function ends that. */
  onEvent(listener: (event: ServeEvent) => void): () => void
  /** Looks at the files at once (SIGHUP, a request) and publishes the difference, if they are usable. */
  reload(reason?: string): Promise<Outcome<T>>
  close(): Promise<void>
}

/** The live side of one engine. */
interface Way<T extends Target> {
  readonly fleet: Fleet
  readonly publisher: Publisher<T>
  /** Ends everything but the publisher. */
  close(): Promise<void>
}

/** What the live side of an engine is made with. */
interface WayCx<T extends Target> {
  readonly features: readonly Feature[]
  readonly emitter: Emitters[T]
  readonly clock: Clock
  readonly emit: (event: Happening) => void
}

/** A control plane for Envoy proxies. */
export interface Serving extends Following<'envoy'> {
  readonly xds: Xds
}

/** Compiles, publishes over xDS, and goes on doing so; the caller opens ports with `xds.listen`. Rejects with {@link StartRefused} when there is nothing to serve. */
export async function serve(options: ServeOptions): Promise<Serving> {
  const xds = createXds({ clock: options.clock ?? systemClock })
  const following = await follow('envoy', options, ({ features, emitter, clock }) => ({
    fleet: xds,
    publisher: new XdsPublisher(xds, features, emitter, clock),
    close: () => xds.close(),
  }))
  return Object.assign(following, { xds })
}

/** Follows the root file for one engine. Rejects with {@link StartRefused} when there is nothing to serve, and leaves nothing open then. */
export async function follow<T extends Target>(
  target: T,
  options: ServeOptions,
  open: (cx: WayCx<T>) => Way<T> | Promise<Way<T>>,
): Promise<Following<T>> {
  const { config, overlay, env = process.env, features = allFeatures, watch = true, clock = systemClock, files: port = nodeFiles } = options
  const files = recordPatterns(port)
  const log = new EventLog(clock, options.log)
  const problem = (message: string): void => log.emit({ kind: 'state-dir-problem', message })
  const compiler = new Compiler<T>(config, { target, overlay, env, features, files })
  const way = await open({ features, emitter: compiler.emitter, clock, emit: log.emit })
  const lastGood = new LastGood(options.stateDir ?? join(dirname(resolve(config)), '.sluice'), problem)
  const saved = await lastGood.load()
  const now: Now<T> = { good: undefined, last: undefined }
  const follower = new Follower<T>(config, {
    compile: () => compiler.compile(),
    publish(next, compiled) {
      const receipt = way.publisher.publish(next)
      now.good = next
      lastGood.save(toSaved({ root: config, overlay, files: compiled.files, patterns: files.patterns, env }), clock.now())
      return receipt
    },
    files,
    clock,
    emit: log.emit,
    looked(outcome) {
      now.last = outcome
      void watching?.follow(outcome.compiled.watched)
    },
  })
  const watching = watch
    ? watchFiles({ changed: () => void follower.notice(), problem: (message) => log.emit({ kind: 'watch-problem', message }), clock })
    : undefined
  const close = async (): Promise<void> => {
    await watching?.close()
    await follower.close()
    way.publisher.close()
    await Promise.all([way.close(), lastGood.flush()])
  }
  const first = await follower.look('start', watch)
  if (!now.good) {
    const usable = await compileSaved<T>(config, { target, overlay, env, features }, saved, problem)
    if (!usable) throw await close().then(() => new StartRefused(first.compiled, first.diagnostics))
    way.publisher.publish(usable.good)
    now.good = usable.good
    follower.served(usable.good, usable.compiled)
    log.emit({ kind: 'last-good-used', savedAt: usable.loaded.savedAt, generation: usable.loaded.generation, diagnostics: first.diagnostics })
  }
  return viewOf(target, way, log, now, { good: now.good, last: first }, { reload: (reason = 'asked to') => follower.look(reason, false), close })
}

/** What is served, and the last look, as they change. */
interface Now<T extends Target> {
  good: Good<T> | undefined
  last: Outcome<T> | undefined
}

function viewOf<T extends Target>(
  target: T,
  { fleet, publisher }: Way<T>,
  log: EventLog,
  now: Readonly<Now<T>>,
  first: { readonly good: Good<T>; readonly last: Outcome<T> },
  rest: Pick<Following<T>, 'reload' | 'close'>,
): Following<T> {
  return {
    ...rest,
    target,
    fleet,
    publisher,
    get good() {
      return now.good ?? first.good
    },
    get last() {
      return now.last ?? first.last
    },
    get state() {
      return stateOf(now.last ?? first.last)
    },
    events: log.events,
    onEvent: (listener) => log.listen(listener),
  }
}

function stateOf({ held, receipt }: Outcome): Following['state'] {
  if (held) return 'held'
  return receipt ? 'serving' : 'last-good'
}
