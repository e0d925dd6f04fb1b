import { createSocket } from 'node:dgram'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'

const lowest = 10_000
const highest = belowOutgoing()
const most = 200

/**
 * A TCP port of 127.0.0.1 that is free, and stays so until somebody listens on it on purpose: the system gives ports of this range to nobody who asks
 * for any, and the UDP port of the same number is held while this process lives, which tells it to the other test files.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < most; tries++) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest))
    if ((await claim(port)) && (await isFree(port))) return port
  }
  throw new Error(`none of ${most} ports between ${lowest} and ${highest} is free`)
}

/** Whether the port is ours from now on. The claim ends with the process. */
function claim(port: number): Promise<boolean> {
  const socket = createSocket('udp4')
  return new Promise((resolve) => {
    socket.once('error', () => {
      socket.close()
      resolve(false)
    })
    socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => {
      socket.unref()
      resolve(true)
    })
  })
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  const listening = await listens(server, port)
  if (listening) await new Promise<void>((resolve) => server.close(() => resolve()))
  return listening
}

/** On all addresses: some listeners of tests bind them all. */
function listens(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve) => server.once('error', () => resolve(false)).listen(port, '0.0.0.0', () => resolve(true)))
}

/** The end of the range from which the system takes no ports for outgoing connections, and for those who ask for any port. */
function belowOutgoing(): number {
  try {
    const first = Number(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s+/)[0])
    return first > lowest + 5_000 ? Math.min(first, 32_768) : 32_768
  } catch {
    return 32_768
  }
}
