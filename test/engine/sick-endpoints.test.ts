import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { envoyAdmin } from '../../src/engine/envoy-admin.ts'
import { sharedSickEndpoints, sickEndpoints } from '../../src/engine/sick-endpoints.ts'

/** What Envoy 1.40 answered with one of each: failing checks, hanging checks, never answered, ejected, healthy, sluice's own. */
const captured = await readFile(join(import.meta.dirname, 'clusters.json'), 'utf8')

/** An admin interface that answers with this, seven characters a time. */
const answering = (text: string) => ({
  async *read() {
    for (let at = 0; at < text.length; at += 7) yield await Promise.resolve(text.slice(at, at + 7))
  },
})

interface Captured {
  cluster_statuses: { name: string; host_statuses: { address: object; health_status: object }[] }[]
}

const withHost = (name: string, address: string, health_status: object): string =>
  JSON.stringify({
    cluster_statuses: [{ name, host_statuses: [{ address: { socket_address: { address, port_value: 80 } }, health_status }] }],
  } satisfies Captured)

/** A real unix socket with this behind it. */
async function behindSocket<T>(listener: RequestListener, use: (admin: ReturnType<typeof envoyAdmin>) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'sluice-sick-'))
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(join(dir, 'a.sock'), resolve))
  try {
    return await use(envoyAdmin(join(dir, 'a.sock')))
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await rm(dir, { recursive: true })
  }
}

describe('sickEndpoints', () => {
  it('finds those of a real answer, with the reason, and no healthy one', async () => {
    const found = await sickEndpoints(answering(captured))
    expect(found.map(({ service, reason }) => [service, reason])).toEqual([
      ['hanging', 'health check timed out'],
      ['guarded', 'ejected'],
      ['checked', 'failed health check'],
      ['fresh', 'failed health check'],
    ])
    for (const { address } of found) {
      const [host, port = ''] = address.split(':')
      expect([host, captured.includes(`"port_value": ${port}`)]).toEqual(['127.0.0.1', true])
    }
  })

  it('stops at the limit', async () => {
    expect((await sickEndpoints(answering(captured), 2)).map(({ service }) => service)).toEqual(['hanging', 'guarded'])
  })

  it('leaves out clusters of sluice itself and endpoints that are only leaving', async () => {
    expect(await sickEndpoints(answering(withHost('sluice.xds', '10.0.0.1', { failed_active_health_check: true })))).toEqual([])
    expect(await sickEndpoints(answering(withHost('a', '10.0.0.1', { eds_health_status: 'DRAINING' })))).toEqual([])
  })

  it('tells all reasons of an IPv6 endpoint', async () => {
    const health = { failed_active_health_check: true, pending_active_hc: true, failed_outlier_check: true, eds_health_status: 'UNHEALTHY' }
    expect(await sickEndpoints(answering(withHost('a', '::1', health)))).toEqual([
      { service: 'a', address: '[::1]:80', reason: 'not checked yet, ejected, marked unhealthy' },
    ])
  })

  it('rejects an answer that is cut, refused, or not there', async () => {
    await expect(sickEndpoints(answering(captured.slice(0, -3)))).rejects.toThrow('ends too early')
    await expect(sickEndpoints(answering(''))).rejects.toThrow('ends too early')
    await expect(behindSocket((_request, reply) => reply.writeHead(503).end(captured), sickEndpoints)).rejects.toThrow('status 503')
    await expect(sickEndpoints(envoyAdmin(join(tmpdir(), 'sluice-nobody.sock')))).rejects.toThrow('ENOENT')
  })

  it('waits for a proxy that hangs, before or within its answer, for no longer than a second', async () => {
    await expect(behindSocket(() => undefined, sickEndpoints)).rejects.toThrow('aborted')
    await expect(behindSocket((_request, reply) => reply.write(captured.slice(0, 500)), sickEndpoints)).rejects.toThrow('aborted')
  })

  it('asks once for all who look at the same time, and again for those who look later', async () => {
    let asked = 0
    const listener: RequestListener = (_request, reply) => {
      asked++
      reply.end(captured)
    }
    await behindSocket(listener, async (admin) => {
      const ask = sharedSickEndpoints(admin)
      const [one, two] = await Promise.all([ask(), ask()])
      expect([one.length, two.length, asked]).toEqual([4, 4, 1])
      expect([(await ask()).length, asked]).toEqual([4, 2])
    })
  })
})
