import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Proxy } from '../../src/xds/events.ts'
import { until } from '../support/until.ts'
import { shop, testAdmin } from './fixture.ts'

const local = { host: 'localhost' }
const proxy = (id: string): Proxy => ({ id, cluster: 'shop', agent: 'envoy', version: '1.40.0', address: `127.0.0.1:${id.length}` })

/** Value of a series, NaN when it is not there. */
function value(text: string, series: string): number {
  const line = text.split('\n').find((one) => one.startsWith(`${series} `))
  return Number(line?.slice(series.length + 1) ?? NaN)
}

describe('metrics', () => {
  it('count looks at the files, findings, pushes, answers and refusals', async () => {
    const lines: string[] = []
    await using fixture = await testAdmin(shop, { onRejection: ({ message }) => lines.push(message) })
    const { source, admin } = fixture
    const one = proxy('one')
    source.emit({ kind: 'connected', proxy: one })
    source.emit({ kind: 'connected', proxy: proxy('another') })
    source.emit({ kind: 'disconnected', proxy: proxy('never introduced'), ms: 1, error: undefined })
    source.emit({ kind: 'disconnected', proxy: proxy('another'), ms: 1, error: 'reset' })
    source.emit({ kind: 'refused', proxy: proxy('old'), reason: 'too old' })
    source.emit({ kind: 'pushed', proxy: one, type: 'routes', resources: 2, removed: 0, bytes: 300 })
    source.emit({ kind: 'accepted', proxy: one, type: 'routes', resources: 2, ms: 4 })
    source.emit({ kind: 'nack', proxy: one, type: 'cluster', resources: 1, message: 'no' })
    const rejection = { type: 'cluster', name: 'orders', owner: 'service/orders', version: 'v', message: 'no', since: 0, heldAt: undefined } as const
    source.emit({ kind: 'rejected', proxy: one, rejection })
    await source.write(shop.replace('to: orders', 'to: nothing'))
    await source.write(shop.replace('/orders/*', '/o/*'))
    const { body, headers } = await admin.app.inject({ url: '/metrics', headers: local })
    expect(headers['content-type']).toContain('text/plain; version=0.0.4')
    const wanted: Record<string, number> = {
      sluice_xds_connected_proxies: 1,
      sluice_xds_refused_proxies_total: 1,
      'sluice_xds_pushes_total{type="routes"}': 1,
      'sluice_xds_pushed_resources_total{type="routes"}': 2,
      'sluice_xds_pushed_bytes_total{type="routes"}': 300,
      'sluice_xds_acks_total{type="routes"}': 1,
      'sluice_xds_nacks_total{type="cluster"}': 1,
      'sluice_xds_rejected_resources_total{type="cluster"}': 1,
      'sluice_xds_push_to_ack_seconds_bucket{le="0.0025",type="routes"}': 0,
      'sluice_xds_push_to_ack_seconds_bucket{le="0.005",type="routes"}': 1,
      'sluice_xds_disconnects_total{result="error"}': 1,
      'sluice_compiles_total{result="good"}': 2,
      'sluice_compiles_total{result="bad"}': 1,
      sluice_compile_seconds_count: 3,
      sluice_compile_seconds_sum: 0.021,
      'sluice_config_findings{severity="error"}': 0,
      'sluice_config_state{state="serving"}': 1,
      'sluice_config_state{state="last-good"}': 0,
      sluice_config_last_good_age_seconds: 0,
      sluice_xds_publish: 1,
    }
    expect(Object.fromEntries(Object.keys(wanted).map((series) => [series, value(body, series)]))).toEqual(wanted)
    expect(value(body, 'sluice_event_loop_lag_seconds{stat="max"}')).toBeGreaterThanOrEqual(0)
    expect(value(body, 'process_cpu_seconds_total')).toBeGreaterThan(0)
    const line = shop.split('\n').indexOf('  orders:') + 1
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(
      new RegExp(`^proxy one refused cluster "orders": .*gateway\\.yaml:${line}:3 \\(service orders\\): no; the proxy has no version of it$`),
    )
  })

  it('go on when whoever is told of a refusal fails, and say so', async () => {
    const told: string[] = []
    const fails = (): void => {
      throw new Error('the log is full')
    }
    await using fixture = await testAdmin(shop, { onRejection: fails, onError: ({ message }) => told.push(message) })
    const rejection = { type: 'cluster', name: 'orders', owner: 'service/orders', version: 'v', message: 'no', since: 0, heldAt: undefined } as const
    expect(() => fixture.source.emit({ kind: 'rejected', proxy: proxy('one'), rejection })).not.toThrow()
    expect(told).toEqual(['the log is full'])
  })

  it('tell the age of the last good state and the findings of the files', async () => {
    await using fixture = await testAdmin(shop)
    await fixture.source.write(shop.replace('to: orders', 'to: nothing'))
    const { body } = await fixture.admin.app.inject({ url: '/metrics', headers: local })
    expect(value(body, 'sluice_config_last_good_age_seconds')).toBeGreaterThan(0)
    expect(value(body, 'sluice_config_findings{severity="error"}')).toBe(1)
  })

  it('have as many series with 500 services and 50 proxies as with two', async () => {
    const services = Array.from({ length: 500 }, (_, index) => `  s${index}: {endpoints: [127.0.0.1:9001]}\n`).join('')
    await using small = await testAdmin(shop)
    await using large = await testAdmin(shop.replace('  billing:\n    endpoints', `${services}  billing:\n    endpoints`))
    for (const { source } of [small, large]) source.emit({ kind: 'accepted', proxy: proxy('a'), type: 'cluster', resources: 1, ms: 1 })
    for (let index = 0; index < 50; index++) large.source.emit({ kind: 'accepted', proxy: proxy(`p${index}`), type: 'cluster', resources: 1, ms: 1 })
    const series = async ({ admin }: typeof small): Promise<string[]> => {
      const { body } = await admin.app.inject({ url: '/metrics', headers: local })
      const ours = body.split('\n').filter((line) => line.startsWith('sluice_'))
      return ours.map((line) => line.slice(0, line.lastIndexOf(' ')))
    }
    expect(await series(large)).toEqual(await series(small))
    const { body } = await large.admin.app.inject({ url: '/metrics', headers: local })
    expect(body).not.toMatch(/s499|p49/)
    for (const name of body.matchAll(/^# TYPE (\S+)/gm)) expect(body, name[1]).toMatch(new RegExp(`^# HELP ${name[1]} \\S`, 'm'))
  })

  it('show that the event loop stood still', async () => {
    await using fixture = await testAdmin(shop)
    const lag = async (): Promise<number> =>
      value((await fixture.admin.app.inject({ url: '/metrics', headers: local })).body, 'sluice_event_loop_lag_seconds{stat="max"}')
    // The first interval after a scrape is not measured, however late it comes.
    await until('it is shown', async () => {
      await delay(50)
      for (const end = performance.now() + 300; performance.now() < end;);
      await delay(50)
      return (await lag()) > 0.2
    })
  })

  it('and pages are all documented, and what is documented is there', async () => {
    await using fixture = await testAdmin(shop)
    const page = await readFile(join(import.meta.dirname, '../../docs/reference/admin-api.md'), 'utf8')
    const { body } = await fixture.admin.app.inject({ url: '/metrics', headers: local })
    const metrics = [...body.matchAll(/^# TYPE (sluice_\S+)/gm)].map((found) => found[1])
    expect([...page.matchAll(/^\| `(sluice_\w+)`/gm)].map((found) => found[1]).sort()).toEqual(metrics.sort())
    const openapi: { paths: object } = (await fixture.admin.app.inject({ url: '/openapi.json', headers: local })).json()
    const pages = [...page.matchAll(/^\| `(\/\S+)`/gm)].map((found) => found[1])
    expect(pages.sort()).toEqual([...Object.keys(openapi.paths), '/openapi.json'].sort())
  })
})
