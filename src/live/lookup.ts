import { readFile } from 'node:fs/promises'
import { Resolver } from 'node:dns/promises'
import { isIP } from 'node:net'

/** What a name was resolved to. Never empty. */
export interface Answer {
  readonly addresses: readonly string[]
  /** How long the answer may be used, in milliseconds; 0 when the server says so. */
  readonly ttlMs: number
}

/** Asks for the addresses of a name; rejects, with a sentence, when there are none or nobody answers. */
export type Lookup = (host: string) => Promise<Answer>

export interface LookupOptions {
  /** `ip` or `ip:port` of name servers; default those of the system. */
  readonly servers?: readonly string[]
  /** How long one question may take, in milliseconds; it is asked twice. */
  readonly timeoutMs?: number
  readonly hostsFile?: string
  readonly resolvConf?: string
}

/** Entries of the hosts file are looked at again after this time, in milliseconds. */
const hostsTtlMs = 5_000

/**
 * Names as the system and Envoy resolve them: the hosts file first, then the name servers with the search domains of resolv.conf; IPv4 addresses, and
 * IPv6 ones when there are no others. getaddrinfo would do it all, but knows no time to live, and a name server that hangs would block Node's file I/O.
 */
export function createLookup(options: LookupOptions = {}): Lookup {
  const { servers, timeoutMs = 2_000, hostsFile = '/etc/hosts', resolvConf = '/etc/resolv.conf' } = options
  const resolver = new Resolver({ timeout: timeoutMs, tries: 2 })
  if (servers) resolver.setServers(servers)
  return async (host) => {
    const known = addressesIn(await textOf(hostsFile), host)
    if (known.length > 0) return { addresses: preferred(known), ttlMs: hostsTtlMs }
    let problem: unknown
    for (const name of candidates(host, await textOf(resolvConf))) {
      try {
        return await ask(resolver, name)
      } catch (error) {
        // A server that does not answer says nothing about the other names either, but a shorter name may be known elsewhere.
        problem ??= error
      }
    }
    throw new Error(inWords(problem), { cause: problem })
  }
}

async function ask(resolver: Resolver, name: string): Promise<Answer> {
  const records = await resolver.resolve4(name, { ttl: true }).catch(async (error: unknown) => {
    if (codeOf(error) !== 'ENODATA') throw error
    return resolver.resolve6(name, { ttl: true })
  })
  if (records.length === 0) throw Object.assign(new Error('no addresses'), { code: 'ENODATA' })
  return { addresses: records.map(({ address }) => address), ttlMs: Math.min(...records.map(({ ttl }) => ttl)) * 1_000 }
}

function addressesIn(hosts: string, host: string): string[] {
  const wanted = host.replace(/\.$/, '').toLowerCase()
  return hosts.split('\n').flatMap((line) => {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/)
    return isIP(address) !== 0 && names.some((name) => name.toLowerCase() === wanted) ? [address] : []
  })
}

function preferred(addresses: readonly string[]): readonly string[] {
  const four = addresses.filter((address) => isIP(address) === 4)
  return four.length > 0 ? four : addresses
}

/** The names to ask for, in order: resolv.conf(5), `search` and `ndots`. */
function candidates(host: string, resolvConf: string): string[] {
  if (host.endsWith('.')) return [host]
  const lines = resolvConf.split('\n').map((line) => line.trim().split(/\s+/))
  const search = lines.findLast(([key]) => key === 'search' || key === 'domain')?.slice(1) ?? []
  const ndots = lines.filter(([key]) => key === 'options').flatMap((words) => words.flatMap((word) => /^ndots:(\d+)$/.exec(word)?.[1] ?? []))
  const longer = search.map((domain) => `${host}.${domain.replace(/\.$/, '')}`)
  return host.split('.').length - 1 >= Number(ndots.at(-1) ?? 1) ? [host, ...longer] : [...longer, host]
}

/** A file that is not there says nothing. */
function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '')
}

const words: Readonly<Record<string, string>> = {
  ENOTFOUND: 'there is no such name',
  ENODATA: 'the name has no addresses',
  ETIMEOUT: 'no name server answers in time',
  ECONNREFUSED: 'no name server can be reached',
  ESERVFAIL: 'the name server failed',
}

function inWords(error: unknown): string {
  const code = codeOf(error)
  return words[code ?? ''] ?? (error instanceof Error ? error.message : String(error))
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}
