import type { DeltaDiscoveryRequest } from '#gen/envoy/service/discovery/v3/discovery_pb.js'
import type { Admission } from './admission.ts'
import { sizeOf } from './encode.ts'
import type { Message } from './fill.ts'
import type { ResourceKey } from './resource.ts'
import type { Shared } from './state.ts'
import { ProtocolError, Stream } from './stream.ts'

/** What a connection tells the server. */
export interface ConnectionEvents {
  introduced(): void
  refused(reason: string): void
  progress(): void
  /** The stream has ended; the error is undefined when it ended in order. */
  closed(error: Error | undefined): void
}

/** Joins a stream's state machine to its reader and its writer: wakes the writer when there is something to say. */
export class Connection {
  readonly stream: Stream
  readonly #shared: Shared
  readonly #admission: Admission
  readonly #events: ConnectionEvents
  #wake: (() => void) | undefined
  #ended = false
  #failure: Error | undefined
  #introduced = false
  #admitted: 'no' | 'asked' | 'yes' | 'done' = 'no'
  #leave = (): void => {}

  constructor(shared: Shared, id: string, address: string, admission: Admission, events: ConnectionEvents) {
    this.#shared = shared
    this.#admission = admission
    this.#events = events
    this.stream = new Stream(shared, id, address)
  }

  /** A request has arrived. */
  receive(request: DeltaDiscoveryRequest): void {
    if (this.#ended) return
    try {
      this.stream.request(request)
    } catch (error) {
      if (error instanceof ProtocolError && error.code === 'failed-precondition') this.#events.refused(error.message)
      return this.end(error instanceof Error ? error : new Error(String(error)))
    }
    if (!this.#introduced) {
      this.#introduced = true
      this.#events.introduced()
    }
    this.#events.progress()
    this.#notify()
  }

  /** Some resources have other bodies. */
  touched(keys: readonly ResourceKey[]): void {
    let mine = false
    for (const key of keys) mine = this.stream.touched(key) || mine
    if (mine) this.#notify()
  }

  /** Ends the stream: with OK, or with the failure. */
  end(failure?: Error): void {
    if (this.#ended) return
    this.#ended = true
    this.#failure = failure
    this.#leave()
    this.#events.closed(failure)
    this.#notify()
  }

  /** The messages to write, one at a time: the next is composed when the last one has left. Throws what the stream failed with. */
  async *messages(): AsyncGenerator<Message> {
    try {
      while (!this.#ended) {
        const message = this.#enter() ? this.stream.next() : undefined
        if (message) {
          this.#pushed(message)
          yield message
          continue
        }
        this.#events.progress()
        if (this.#admitted === 'yes' && !this.stream.busy) this.#settleIn()
        await this.#sleep()
      }
      if (this.#failure !== undefined) throw this.#failure
    } catch (error) {
      this.end(error instanceof Error ? error : new Error(String(error)))
      throw error
    } finally {
      this.end()
    }
  }

  /** Whether the stream may talk: the first push needs a place. */
  #enter(): boolean {
    if (this.#admitted === 'yes' || this.#admitted === 'done') return true
    if (!this.stream.busy) return false
    if (this.#admitted === 'no') {
      this.#admitted = 'asked'
      this.#leave = this.#admission.request(() => {
        this.#admitted = 'yes'
        this.#notify()
      })
    }
    return this.#entered()
  }

  #entered(): boolean {
    return this.#admitted !== 'asked'
  }

  #settleIn(): void {
    this.#admitted = 'done'
    this.#leave()
  }

  #pushed(message: Message): void {
    const { type, bodies, removed, heartbeat } = message
    if (type === undefined || heartbeat) return
    this.#shared.emit({ kind: 'pushed', proxy: this.stream.proxy, type, resources: bodies.length, removed: removed.length, bytes: sizeOf(message) })
  }

  #sleep(): Promise<void> {
    return new Promise((resolve) => {
      const { wakeAt } = this.stream
      const cancel = wakeAt === Infinity ? undefined : this.#shared.clock.after(wakeAt - this.#shared.clock.now(), () => this.#wake?.())
      this.#wake = () => {
        this.#wake = undefined
        cancel?.()
        resolve()
      }
    })
  }

  #notify(): void {
    this.#wake?.()
  }
}
