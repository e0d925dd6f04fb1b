import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'

/** What the name server says about a name. */
export interface Zone {
  /** Addresses (IPv4); none: the name exists and has no addresses. */
  addresses?: readonly string[]
  ttl?: number
  /** NXDOMAIN, or no answer at all. */
  fail?: 'no-such-name' | 'silent'
}

/** A small real name server on 127.0.0.1, over UDP and TCP. Names that it does not know do not exist. */
export interface NameServer {
  /** `127.0.0.1:port`. */
  readonly address: string
  readonly zones: Map<string, Zone>
  /** Names of the questions, oldest first; each retry over TCP counts. */
  readonly asked: string[]
  close(): Promise<void>
}

export async function startNameServer(): Promise<NameServer> {
  const zones = new Map<string, Zone>()
  const asked: string[] = []
  const tcp = createServer((socket) => {
    let rest = Buffer.alloc(0)
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk])
      while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
        const reply = answer(rest.subarray(2, 2 + rest.readUInt16BE(0)), zones, asked, 65_535)
        rest = rest.subarray(2 + rest.readUInt16BE(0))
        if (!reply) continue
        const size = Buffer.alloc(2)
        size.writeUInt16BE(reply.length)
        socket.write(Buffer.concat([size, reply]))
      }
    })
  })
  const udp = await onePort(tcp)
  udp.on('message', (query, from) => {
    const reply = answer(query, zones, asked, 512)
    if (reply) udp.send(reply, from.port, from.address)
  })
  return {
    address: `127.0.0.1:${udp.address().port}`,
    zones,
    asked,
    async close() {
      await new Promise<void>((resolve) => udp.close(() => resolve()))
      await new Promise((resolve) => tcp.close(resolve))
    },
  }
}

/** Listens on a free port of TCP and on the one of UDP with the same number; another one when somebody has that. */
async function onePort(tcp: Server): Promise<Socket> {
  const udp = createSocket('udp4')
  udp.bind(0, '127.0.0.1')
  await once(udp, 'listening')
  const listening = await new Promise<boolean>((resolve) => {
    tcp.once('error', () => resolve(false)).listen(udp.address().port, '127.0.0.1', () => resolve(true))
  })
  if (listening) return udp
  udp.close()
  return onePort(tcp)
}

/** RFC 1035: header, question, and one A record for each address; an answer that is too long says so, and is asked for again over TCP. */
function answer(query: Buffer, zones: ReadonlyMap<string, Zone>, asked: string[], most: number): Buffer | undefined {
  let at = 12
  const labels: string[] = []
  while (query[at]) {
    const size = query[at] ?? 0
    labels.push(query.toString('ascii', at + 1, at + 1 + size))
    at += 1 + size
  }
  const question = query.subarray(12, at + 5)
  const name = labels.join('.').toLowerCase()
  asked.push(name)
  const zone = zones.get(name)
  if (zone?.fail === 'silent') return undefined
  const missing = !zone || zone.fail === 'no-such-name'
  const isA = query.readUInt16BE(at + 1) === 1
  const records = missing || !isA ? [] : (zone.addresses ?? []).map((address) => record(address, zone.ttl ?? 60))
  const whole = 12 + question.length + records.length * 16 <= most
  const header = Buffer.alloc(12)
  query.copy(header, 0, 0, 2)
  header.writeUInt16BE(0x8180 | (whole ? 0 : 0x0200) | (missing ? 3 : 0), 2)
  header.writeUInt16BE(1, 4)
  header.writeUInt16BE(whole ? records.length : 0, 6)
  return Buffer.concat([header, question, ...(whole ? records : [])])
}

function record(address: string, ttl: number): Buffer {
  const made = Buffer.alloc(16)
  made.writeUInt16BE(0xc00c, 0)
  made.writeUInt16BE(1, 2)
  made.writeUInt16BE(1, 4)
  made.writeUInt32BE(ttl, 6)
  made.writeUInt16BE(4, 10)
  address.split('.').forEach((part, index) => made.writeUInt8(Number(part), 12 + index))
  return made
}
