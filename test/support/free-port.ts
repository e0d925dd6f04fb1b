import { createServer } from 'node:net'

/** What was given out already: the system may offer a port again as soon as it is free, and one gateway asks for dozens. */
const given = new Set<number>()

/** A TCP port of 127.0.0.1 that was free a moment ago, another one at each call. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise<void>((resolve) => server.close(() => resolve()))
  if (address === null || typeof address === 'string') throw new Error('no port')
  if (given.has(address.port)) return freePort()
  given.add(address.port)
  return address.port
}
