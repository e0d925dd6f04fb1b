import { create } from '@bufbuild/protobuf'
import type { MessageInitShape } from '@bufbuild/protobuf'
import { createClient } from '@connectrpc/connect'
import type { ConnectError } from '@connectrpc/connect'
import { createGrpcTransport } from '@connectrpc/connect-node'
import type { GrpcTransportOptions } from '@connectrpc/connect-node'
import { connect } from 'node:net'
import { AggregatedDiscoveryService } from '#gen/envoy/service/discovery/v3/ads_pb.js'
import { DeltaDiscoveryRequestSchema } from '#gen/envoy/service/discovery/v3/discovery_pb.js'
import type { DeltaDiscoveryRequest, DeltaDiscoveryResponse } from '#gen/envoy/service/discovery/v3/discovery_pb.js'
import { resourceTypes } from '../../src/xds/resource.ts'
import type { ResourceType } from '../../src/xds/resource.ts'

/** Where the server is. */
export type Target = { readonly port: number; readonly tls?: GrpcTransportOptions['nodeOptions'] } | { readonly socket: string }

export interface ClientOptions {
  readonly id?: string
  /** Envoy version that the client claims to be, such as `1.40.0`. */
  readonly envoy?: string
  /** Answers every response with an ACK at once. Default true. */
  readonly ack?: boolean
  /** Refuses what it names: the text is the error message. Asked for each response before the ACK. */
  readonly refuse?: (response: DeltaDiscoveryResponse, type: ResourceType | undefined) => string | undefined
  /** Sees each response when it arrives. */
  readonly seen?: (response: DeltaDiscoveryResponse, type: ResourceType | undefined) => void
}

type Ask = Omit<MessageInitShape<typeof DeltaDiscoveryRequestSchema>, '$typeName'>

const typeOf = new Map(Object.entries(resourceTypes).map(([type, url]) => [url as string, type as ResourceType]))

/** A delta ADS client over real gRPC that remembers what it was sent, as Envoy would. */
export class DeltaClient {
  /** Every response, in order of arrival. */
  readonly responses: DeltaDiscoveryResponse[] = []
  /** Name → version of what the client holds, by type. Refused responses do not count. */
  readonly state = new Map<ResourceType, Map<string, string>>()
  /** Why the stream ended; undefined while it is open or when it ended with OK. */
  error: ConnectError | undefined
  ended = false
  readonly #options: ClientOptions
  readonly #queue: DeltaDiscoveryRequest[] = []
  readonly #abort = new AbortController()
  #wake: (() => void) | undefined
  #finished = false
  #introduced = false
  readonly #watchers = new Set<() => void>()

  constructor(target: Target, options: ClientOptions = {}) {
    this.#options = options
    const transport = createGrpcTransport(
      'socket' in target
        ? { baseUrl: 'http://localhost', nodeOptions: { createConnection: () => connect(target.socket) } }
        : { baseUrl: `${target.tls ? 'https' : 'http'}://127.0.0.1:${target.port}`, ...(target.tls ? { nodeOptions: target.tls } : {}) },
    )
    const client = createClient(AggregatedDiscoveryService, transport)
    void this.#read(client.deltaAggregatedResources(this.#requests(), { signal: this.#abort.signal }))
  }

  /** Sends a raw request. */
  send(ask: Ask): void {
    const node = this.#introduced ? undefined : this.#node()
    this.#introduced = true
    this.#queue.push(create(DeltaDiscoveryRequestSchema, { ...(node ? { node } : {}), ...ask }))
    this.#wake?.()
  }

  /** The first or a further request of a type; no names = the legacy wildcard when it is the first. */
  subscribe(type: ResourceType, names: readonly string[] = [], initial: Readonly<Record<string, string>> = {}): void {
    this.send({ typeUrl: resourceTypes[type], resourceNamesSubscribe: [...names], initialResourceVersions: { ...initial } })
  }

  unsubscribe(type: ResourceType, names: readonly string[]): void {
    for (const name of names) this.state.get(type)?.delete(name)
    this.send({ typeUrl: resourceTypes[type], resourceNamesUnsubscribe: [...names] })
  }

  ack({ typeUrl, nonce }: DeltaDiscoveryResponse): void {
    this.send({ typeUrl, responseNonce: nonce })
  }

  nack({ typeUrl, nonce }: DeltaDiscoveryResponse, message: string): void {
    this.send({ typeUrl, responseNonce: nonce, errorDetail: { code: 13, message } })
  }

  /** Responses of one type so far. */
  of(type: ResourceType): DeltaDiscoveryResponse[] {
    return this.responses.filter((response) => response.typeUrl === resourceTypes[type])
  }

  /** Names in the responses of one type so far, in order, one list a response; removed names begin with `-`. */
  names(type: ResourceType): string[][] {
    return this.of(type).map(namesOf)
  }

  held(type: ResourceType): Record<string, string> {
    return Object.fromEntries(this.state.get(type) ?? [])
  }

  /** Resolves when the condition holds; looks again after each response and when the stream ends. */
  async until(what: string, condition: () => boolean, timeoutMs = 120_000): Promise<void> {
    if (condition()) return
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#watchers.delete(check)
        const got = this.responses.slice(-5).map((response) => `${typeOf.get(response.typeUrl)} ${namesOf(response).slice(0, 5).join(',')}`)
        reject(new Error(`waited ${timeoutMs} ms for ${what}; ended: ${this.ended} ${this.error?.message ?? ''}; last responses: ${got.join(' | ')}`))
      }, timeoutMs)
      const check = (): void => {
        if (!condition()) return
        clearTimeout(timer)
        this.#watchers.delete(check)
        resolve()
      }
      this.#watchers.add(check)
    })
  }

  /** Sends a request that must be answered and waits for the answer: what the server had to say before has arrived then. */
  async fence(type: ResourceType = 'runtime'): Promise<void> {
    const name = `fence-${this.responses.length}-${Math.random()}`
    this.subscribe(type, [name])
    await this.until(`the answer to ${name}`, () => this.of(type).some(({ removedResources }) => removedResources.includes(name)))
  }

  async close(): Promise<void> {
    this.#finished = true
    this.#wake?.()
    this.#abort.abort()
    await this.until('the end', () => this.ended)
  }

  #node(): NonNullable<Ask['node']> {
    const [majorNumber = 0, minorNumber = 0, patch = 0] = (this.#options.envoy ?? '').split('.').map(Number)
    return {
      id: this.#options.id ?? 'test',
      cluster: 'test',
      ...(this.#options.envoy === undefined
        ? {}
        : {
            userAgentName: 'envoy',
            userAgentVersionType: { case: 'userAgentBuildVersion' as const, value: { version: { majorNumber, minorNumber, patch } } },
          }),
    }
  }

  async *#requests(): AsyncGenerator<DeltaDiscoveryRequest> {
    for (;;) {
      const next = this.#queue.shift()
      if (next) yield next
      else if (this.#finished) return
      else await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  async #read(responses: AsyncIterable<DeltaDiscoveryResponse>): Promise<void> {
    try {
      for await (const response of responses) this.#take(response)
    } catch (error) {
      this.error = error as ConnectError
    }
    this.ended = true
    for (const check of this.#watchers) check()
  }

  #take(response: DeltaDiscoveryResponse): void {
    const type = typeOf.get(response.typeUrl)
    this.responses.push(response)
    this.#options.seen?.(response, type)
    const refusal = this.#options.refuse?.(response, type)
    if (refusal === undefined && type) this.#keep(type, response)
    if (refusal !== undefined) this.nack(response, refusal)
    else if (this.#options.ack ?? true) this.ack(response)
    for (const check of this.#watchers) check()
  }

  #keep(type: ResourceType, response: DeltaDiscoveryResponse): void {
    let held = this.state.get(type)
    if (!held) this.state.set(type, (held = new Map<string, string>()))
    for (const { name, version } of response.resources) held.set(name, version)
    for (const name of response.removedResources) held.delete(name)
  }
}

/** Names of a response; removed ones begin with `-`. */
export function namesOf(response: DeltaDiscoveryResponse): string[] {
  return [...response.resources.map(({ name }) => name), ...response.removedResources.map((name) => `-${name}`)]
}
