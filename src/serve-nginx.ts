import { hostname } from 'node:os'
import type { NginxSite } from './engine/nginx-site.ts'
import { createLookup, type Lookup } from './live/lookup.ts'
import { NginxPublisher, type NginxPublisherOptions } from './live/nginx-publisher.ts'
import { follow, type Following, type ServeOptions } from './serve.ts'

export interface ServeNginxOptions extends ServeOptions, Pick<NginxPublisherOptions, 'writes' | 'pace' | 'namesPace'> {
  readonly site: NginxSite
  /** Name of this machine; default its host name. */
  readonly host?: string
  /** How names are resolved; default as the system does. */
  readonly lookup?: Lookup
}

/** A control plane for one nginx of this machine. */
export interface NginxServing extends Following<'nginx'> {
  readonly publisher: NginxPublisher
}

/**
 * Compiles, publishes to the workers of one nginx, and goes on doing so after `publisher.begin()`: until then nginx is not spoken to, so that the caller
 * can write the tree and start it. Rejects with StartRefused when there is nothing to serve.
 */
export async function serveNginx({ site, host = hostname(), lookup = createLookup(), ...options }: ServeNginxOptions): Promise<NginxServing> {
  const made: NginxPublisher[] = []
  const following = await follow('nginx', options, async ({ clock, emit }) => {
    const { writes, pace, namesPace } = options
    const publisher = new NginxPublisher({ site, host, lookup, writes, clock, emit, ...(pace && { pace }), ...(namesPace && { namesPace }) })
    await publisher.load()
    made.push(publisher)
    return { fleet: publisher, publisher, close: () => publisher.ended() }
  })
  const [publisher] = made
  if (!publisher) throw new Error('the publisher was not made')
  return Object.assign(following, { publisher })
}
