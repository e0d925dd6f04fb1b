import { join } from 'node:path'
import type { Service } from '../model/gateway.ts'
import type { Happening } from '../reload/events.ts'
import type { Clock } from '../xds/clock.ts'
import type { Lookup } from './lookup.ts'
import { NameMemory } from './name-memory.ts'
import { type NameProblem, Names, type NamesPace } from './names.ts'

export interface ServiceNamesOptions {
  readonly clock: Clock
  readonly lookup: Lookup
  readonly emit: (event: Happening) => void
  /** Called with the services one of whose names has other addresses than before. */
  readonly changed: (services: readonly Service[]) => void
  /** Directory that keeps the last good addresses. */
  readonly path: string
  readonly namesPace?: Partial<NamesPace> | undefined
}

/** The names that services are found by, and their addresses. */
export class ServiceNames {
  readonly #options: ServiceNamesOptions
  readonly #memory: NameMemory
  #names: Names
  #byHost: ReadonlyMap<string, readonly Service[]> = new Map()

  constructor(options: ServiceNamesOptions) {
    this.#options = options
    this.#memory = new NameMemory(join(options.path, 'names.json'), options.clock)
    this.#names = this.#create(new Map())
  }

  /** Takes the addresses that were known before; call it before `follow`. */
  async load(): Promise<void> {
    this.#names = this.#create(await this.#memory.load())
  }

  /** Follows the names of these services, and no others. */
  follow(services: Iterable<Service>): void {
    const byHost = new Map<string, Service[]>()
    for (const service of services) {
      if (service.discovery.type !== 'dns') continue
      for (const host of new Set(service.discovery.endpoints.map(({ address }) => address))) {
        const found = byHost.get(host)
        if (found) found.push(service)
        else byHost.set(host, [service])
      }
    }
    this.#byHost = byHost
    this.#names.follow(byHost.keys())
  }

  /** The services that are found by names. */
  services(): readonly Service[] {
    return [...new Set([...this.#byHost.values()].flat())]
  }

  addresses(host: string): readonly string[] | undefined {
    return this.#names.addresses(host)
  }

  problems(): readonly NameProblem[] {
    return this.#names.problems()
  }

  first(ms: number): Promise<void> {
    return this.#names.first(ms)
  }

  close(): void {
    this.#names.close()
  }

  ended(): Promise<void> {
    return this.#memory.close()
  }

  #create(known: ReadonlyMap<string, readonly string[]>): Names {
    const { lookup, clock, emit, changed, namesPace } = this.#options
    return new Names({
      lookup,
      clock,
      known,
      changed: (host) => {
        this.#memory.save(() => this.#names.known())
        changed(this.#byHost.get(host) ?? [])
      },
      problem: (host, problem) => emit({ kind: 'name-problem', host, problem, addresses: this.#names.addresses(host)?.length ?? 0 }),
      ...(namesPace && { pace: namesPace }),
    })
  }
}
