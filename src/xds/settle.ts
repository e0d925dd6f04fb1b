import type { Clock } from './clock.ts'
import type { Proxy, Rejection } from './events.ts'
import type { ResourceKey, ResourceType } from './resource.ts'
import type { Stream } from './stream.ts'

/** What a publish has done. */
export interface PublishReceipt<T extends string = ResourceType> {
  /** Counts publishes that changed something, from 1. The same number as before = nothing changed, nothing is sent. */
  readonly publish: number
  readonly changed: readonly ResourceKey<T>[]
}

/** How the proxies that were connected have taken a publish. */
export interface Settled<T extends string = ResourceType> {
  /** False when the time was over before every proxy had answered. */
  readonly complete: boolean
  /** Connected proxies that have accepted or refused everything that concerns them. */
  readonly answered: number
  readonly rejected: readonly { readonly proxy: Proxy; readonly rejection: Rejection<T> }[]
  readonly waiting: readonly { readonly proxy: Proxy; readonly keys: readonly ResourceKey<T>[] }[]
}

interface Waiter {
  /** Streams that have not answered yet, and what they owe. */
  readonly open: Map<Stream, Set<ResourceKey>>
  readonly finish: (complete: boolean) => void
}

/** Resolves promises when proxies have answered. Each answer costs what is still open on that stream. */
export class Settlements {
  readonly #waiters = new Set<Waiter>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  wait(streams: Iterable<Stream>, keys: readonly ResourceKey[], timeoutMs: number): Promise<{ complete: boolean; open: Waiter['open'] }> {
    const open: Waiter['open'] = new Map()
    for (const stream of streams) {
      const owed = keys.filter((key) => !stream.settled(key))
      if (owed.length > 0) open.set(stream, new Set(owed))
    }
    return new Promise((resolve) => {
      if (open.size === 0) return resolve({ complete: true, open })
      const cancel = this.#clock.after(timeoutMs, () => waiter.finish(false))
      const waiter: Waiter = {
        open,
        finish: (complete) => {
          cancel()
          this.#waiters.delete(waiter)
          resolve({ complete, open })
        },
      }
      this.#waiters.add(waiter)
    })
  }

  /** The stream has answered something, or has sent what needs no answer. */
  check(stream: Stream): void {
    for (const waiter of this.#waiters) {
      const owed = waiter.open.get(stream)
      if (!owed) continue
      for (const key of owed) if (stream.settled(key)) owed.delete(key)
      if (owed.size === 0) this.#done(waiter, stream)
    }
  }

  /** The stream is gone and answers nothing any more. */
  drop(stream: Stream): void {
    for (const waiter of this.#waiters) if (waiter.open.has(stream)) this.#done(waiter, stream)
  }

  /** The server stops: nobody will answer. */
  close(): void {
    for (const waiter of this.#waiters) waiter.finish(false)
  }

  #done(waiter: Waiter, stream: Stream): void {
    waiter.open.delete(stream)
    if (waiter.open.size === 0) waiter.finish(true)
  }
}
