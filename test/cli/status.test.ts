import { createServer } from 'node:http'
import { describe, expect, it } from 'vitest'
import type { FindingsView } from '../../src/admin/findings.ts'
import type { ProxyView, StatusView } from '../../src/admin/status-schema.ts'
import { freePort } from '../support/free-port.ts'
import { type Ran, workplace } from './run-cli.ts'

const since = '2026-03-01T10:00:00.000Z'
const current: ProxyView = {
  id: 'edge-1',
  cluster: 'shop',
  agent: 'envoy',
  version: '1.40.0',
  address: '10.0.0.7:51000',
  connectedSince: since,
  state: 'current',
  types: { cluster: { subscribed: 'all', wanted: 2, publish: 1, sent: 2, accepted: 2 } },
  rejected: [],
  waiting: [],
  suppressed: 0,
  staleNonces: 0,
}
const serving: StatusView = { config: { state: 'serving', version: 'abc', since }, publish: 1, proxies: [current], refused: [] }
const none: FindingsView = { findings: [], summary: { error: 0, warning: 0, info: 0, hidden: 0 } }

/** The answer of `sluice status` when a server says this. */
async function ask(status: unknown, findings: unknown = none, argv: readonly string[] = []): Promise<Ran> {
  const answers: Record<string, unknown> = { '/api/v1/status': status, '/api/v1/config/findings': findings }
  const server = createServer(({ url = '' }, reply) => {
    const attributes = answers[url]
    reply.writeHead(attributes === undefined ? 404 : 200).end(JSON.stringify({ data: { id: 'x', type: 'x', attributes } }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  await using place = await workplace()
  const ran = await place.run(['status', '--admin', `127.0.0.1:${(server.address() as { port: number }).port}`, ...argv])
  await new Promise((resolve) => server.close(resolve))
  return ran
}

describe('status', () => {
  it('is short and gives 0 when everything is current', async () => {
    expect(await ask(serving, undefined)).toEqual({
      code: 0,
      stderr: '',
      stdout: `configuration serving, version abc, since ${since}

proxy edge-1 current (envoy 1.40.0, 10.0.0.7:51000), connected since ${since}
  accepted / wanted
  cluster    2/2
`,
    })
    expect(await ask({ ...serving, proxies: [] }, undefined)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/\nno proxy is connected\n$/) as string,
    })
  })

  it('shows what a proxy refuses with its place, words and meaning, and gives 1', async () => {
    const rejection = { type: 'routes', name: 'public', version: 'v2', heldAt: 'v1', since, message: 'missing ): a(', meaning: 'a pattern is broken' }
    const culprit = { node: 'route/orders', file: 'gateway.yaml', line: 41, column: 3, path: '/routes/orders' }
    const proxy: ProxyView = { ...current, state: 'rejected', rejected: [{ ...rejection, culprits: [culprit] }] }
    const one = await ask({ ...serving, proxies: [current, proxy] }, undefined)
    expect([one.code, one.stderr]).toEqual([1, ''])
    expect(one.stdout).toContain(`proxy edge-1 rejected (envoy 1.40.0, 10.0.0.7:51000), connected since ${since}
  accepted / wanted
  cluster    2/2
  refused routes public since ${since}; it keeps version v1
    gateway.yaml:41:3 route orders
    a pattern is broken
    missing ): a(
`)
    const several = {
      ...proxy,
      rejected: [{ ...rejection, culprits: [culprit, { node: 'route/bills', file: 'bills.yaml', path: '/routes/bills' }] }],
    }
    const { stdout } = await ask({ ...serving, proxies: [several] }, undefined)
    expect(stdout).toContain('    one of\n    gateway.yaml:41:3 route orders\n    bills.yaml route bills\n')
  })

  it('shows what is waiting and who is not served, which is no failure', async () => {
    const { cluster, agent, address } = current
    const refused = [{ id: 'old', cluster, agent, version: '1.20.0', address, at: since, reason: 'Envoy 1.20.0 is too old' }]
    const waiting: ProxyView = { ...current, state: 'updating', waiting: ['not warm: orders'] }
    waiting.types = { cluster: { subscribed: 'all', wanted: 2, publish: 1, sent: 2, accepted: 1 } }
    const { code, stdout } = await ask({ ...serving, proxies: [waiting], refused })
    expect(code).toBe(0)
    expect(stdout).toContain('  cluster    1/2\n  waiting not warm: orders\n')
    expect(stdout).toContain(`proxy old not served (envoy 1.20.0, 10.0.0.7:51000) at ${since}: Envoy 1.20.0 is too old\n`)
  })

  it('lists the sick endpoints last, which is no failure, and says nothing when there are none', async () => {
    const sick = { service: 'segmentation', address: '127.0.0.1:3002', reason: 'failed health check\u001b[2J' }
    const engine = (sickEndpoints: unknown) => ({ ...serving, engine: { state: 'running', sickEndpoints } })
    const title = 'sick endpoints (seen by the proxy of this run)'
    const { code, stdout } = await ask(engine([sick, { ...sick, address: '[::1]:80', reason: 'ejected' }]))
    expect(code).toBe(0)
    expect(stdout).toMatch(/2\/2\n\nsick/)
    expect(stdout.slice(stdout.indexOf('sick'))).toBe(
      `${title}\n  segmentation 127.0.0.1:3002: failed health check\\u{1b}[2J\n  segmentation [::1]:80: ejected\n`,
    )
    expect((await ask(engine([]))).stdout).toBe((await ask(serving)).stdout)
    expect((await ask(engine('unknown'))).stdout).toContain(`\n\n${title} unknown: it does not answer (running)\n`)
    expect((await ask(engine(Array(100).fill(sick)))).stdout).toMatch(/\n {2}only the first 100 are listed\n$/)
    const json = await ask(engine([sick]), none, ['--format', 'json'])
    expect(JSON.parse(json.stdout)).toMatchObject({ engine: { sickEndpoints: [sick] } })
  })

  const held: StatusView = { ...serving, config: { state: 'held', version: 'abc', since, reason: '5 of 8 routes would go' } }
  const broken: FindingsView = {
    findings: [
      {
        code: 'route/unknown-service',
        severity: 'error',
        message: 'service "x\u001b[2J" does not exist',
        help: 'did you mean "y"?',
        file: 'gateway.yaml',
        path: '/routes/a/to',
        range: { start: { line: 9, column: 11 }, end: { line: 9, column: 12 } },
        related: [{ message: 'the route', file: 'more.yaml', path: '' }],
      },
      { code: 'gateway/no-listener', severity: 'warning', message: 'nothing listens' },
    ],
    summary: { error: 1, warning: 1, info: 0, hidden: 7 },
  }

  it.each<StatusView['config']['state']>(['held', 'last-good', 'none'])(
    'shows the findings as validate does when the state is %s, and gives 1',
    async (state) => {
      const status = { ...held, config: { ...held.config, state } }
      const { code, stdout, stderr } = await ask(status, broken)
      expect([code, stderr]).toEqual([1, ''])
      expect(stdout).toContain(`configuration ${state}, version abc, since ${since}: 5 of 8 routes would go

error route/unknown-service: service "x\\u{1b}[2J" does not exist
  gateway.yaml:9:11
  help: did you mean "y"?
  see: more.yaml the route

warning gateway/no-listener: nothing listens

and 7 more

proxy edge-1 current`)
      const json = await ask(status, broken, ['--format', 'json'])
      expect([json.code, JSON.parse(json.stdout)]).toEqual([1, { schemaVersion: 1, ...status, findings: broken.findings }])
      expect((await ask({ ...status, proxies: [] }, broken)).stdout).toMatch(/and 7 more\n\nno proxy is connected\n$/)
    },
  )

  it('ends with 69 when the answer is of another version', async () => {
    for (const [status, findings] of [
      [{ config: {} }, none],
      [held, { findings: 3 }],
      [held, { findings: [] }],
    ])
      expect(await ask(status, findings)).toMatchObject({ code: 69, stdout: '', stderr: expect.stringContaining('does not understand') as string })
  })

  it('ends with 69 when nobody answers, or somebody else does', async () => {
    await using place = await workplace()
    const { code, stdout, stderr } = await place.run(['status', '--admin', `127.0.0.1:${await freePort()}`])
    expect([code, stdout]).toEqual([69, ''])
    expect(stderr).toContain('ECONNREFUSED')
    const missing = await place.run(['status', '--admin', place.path('none.sock')])
    expect([missing.code, missing.stderr]).toEqual([69, expect.stringContaining('ENOENT')])
    const other = createServer((_request, reply) => reply.end('hi'))
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const strange = await place.run(['status', '--admin', `127.0.0.1:${(other.address() as { port: number }).port}`])
    expect([strange.code, strange.stderr]).toEqual([69, expect.stringContaining('it does not look like the admin API of sluice')])
    await new Promise((resolve) => other.close(resolve))
  })
})
