import { readdir, readFile, readlink } from 'node:fs/promises'
import { createServer } from 'node:net'
import { basename } from 'node:path'

/** An address that a listener of the gateway wants. */
export interface WantedPort {
  /** Name of the listener in gateway.yaml. */
  readonly listener: string
  readonly address: string
  readonly port: number
}

/** A listener cannot have its port. The message names the port, who has it when that can be seen, and the key to change. */
export class PortTaken extends Error {}

/**
 * Rejects with PortTaken for the first port that cannot be bound. Envoy shares its ports (SO_REUSEPORT) with any other process of the same user
 * that does so, without a word, so this bind, which does not share, is the only way to notice a second proxy.
 */
export async function checkPorts(wanted: readonly WantedPort[]): Promise<void> {
  for (const want of wanted) {
    const code = await bindError(want)
    if (code === undefined) continue
    const { listener, address, port } = want
    if (code === 'EADDRINUSE') throw new PortTaken(taken(port, (await ownerOf(port)) ?? 'another process', listener))
    if (code === 'EACCES')
      throw new PortTaken(`port ${port} needs more rights than this process has; change listeners.${listener}.port to one above 1023`)
    if (code === 'EADDRNOTAVAIL') throw new PortTaken(`this machine has no address ${address}; change listeners.${listener}.address`)
    throw new PortTaken(`cannot listen on ${address}:${port} (${code}); see listeners.${listener}`)
  }
}

/** The same finding from the own words of Envoy or nginx, when another process took the port after the check; undefined for any other text. */
export function portTakenIn(text: string, wanted: readonly WantedPort[]): PortTaken | undefined {
  const bind = /(?:cannot bind '|bind\(\) to )(?:\[[^\]]*\]|[^':]*):(\d+)(?:': | failed \(98: )Address already in use/.exec(text)
  if (!bind) return undefined
  const port = Number(bind[1])
  return new PortTaken(taken(port, 'another process', wanted.find((want) => want.port === port)?.listener ?? '<name>'))
}

function taken(port: number, owner: string, listener: string): string {
  return `port ${port} is in use by ${owner}; change listeners.${listener}.port`
}

function bindError({ address, port }: WantedPort): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen({ host: address, port, exclusive: true }, () => server.close(() => resolve(undefined)))
  })
}

/** `name (pid 12)` of the process that listens on a TCP port; undefined when it belongs to another user or this is not Linux. */
async function ownerOf(port: number): Promise<string | undefined> {
  const inodes = new Set((await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map((table) => listeningInodes(table, port)))).flat())
  if (inodes.size === 0) return undefined
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))
  for (const pid of pids) {
    for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      const socket = /^socket:\[(\d+)\]$/.exec(await readlink(`/proc/${pid}/fd/${fd}`).catch(() => ''))?.[1]
      if (socket === undefined || !inodes.has(socket)) continue
      return `${await programOf(pid)} (pid ${pid})`
    }
  }
  return undefined
}

/** Name of the file that a process runs. Its `comm` is what it calls itself, which is "MainThread" for Node.js. */
async function programOf(pid: string): Promise<string> {
  const path = await readlink(`/proc/${pid}/exe`).catch(() => undefined)
  if (path !== undefined) return basename(path.replace(/ \(deleted\)$/, ''))
  return (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => 'a process')).trim()
}

/** Inodes of sockets in state LISTEN (0A) on that port. */
async function listeningInodes(table: string, port: number): Promise<string[]> {
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  const lines = (await readFile(table, 'utf8').catch(() => '')).split('\n')
  return lines
    .map((line) => line.trim().split(/\s+/))
    .flatMap((columns) => (columns[1]?.endsWith(`:${hex}`) && columns[3] === '0A' && columns[9] ? [columns[9]] : []))
}
