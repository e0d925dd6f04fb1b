import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Compiler } from '../../src/compile.ts'
import { plusMonths } from '../../src/features/api-version/dates.ts'

const text = (policy = '') => `
version: 1
${policy}
listeners: {public: {port: 8080}}
services: {orders: {endpoints: ["10.0.0.1:9000"]}}
routes:
  old: {match: {path: /v1/*}, to: orders, apiVersion: {version: 1, deprecated: 2026-01-31, sunset: 2027-08-31}}
`

let dir: string
beforeAll(async () => (dir = await mkdtemp(join(tmpdir(), 'sluice-version-'))))
afterAll(() => rm(dir, { recursive: true }))

async function findings(day: string, overdue: 'error' | 'warning' = 'error', policy = '') {
  await writeFile(join(dir, 'gateway.yaml'), text(policy))
  const compiled = await new Compiler(join(dir, 'gateway.yaml'), { env: {}, now: () => Date.parse(day), overdue }).compile()
  return { said: compiled.diagnostics.map(({ code, severity, message }) => `${severity} ${code}: ${message}`), good: compiled.good }
}

describe('a version that ends', () => {
  it('is no finding before the notice begins, half a year ahead', async () => {
    expect((await findings('2027-02-27T23:59:59.999Z')).said).toEqual([])
  })

  it('is a warning that counts the days inside it', async () => {
    expect((await findings('2027-02-28T00:00:00Z')).said).toEqual([
      'warning api-version/ends-soon: version 1 of route old ends in 184 days, on 2027-08-31',
    ])
    expect((await findings('2027-08-30T13:00:00Z')).said).toEqual([
      'warning api-version/ends-soon: version 1 of route old ends in 1 day, on 2027-08-31',
    ])
  })

  it('is an error for who checks the file afterwards, and only a warning for a gateway that runs', async () => {
    const checked = await findings('2027-08-31T00:00:00Z')
    expect([checked.said, checked.good]).toEqual([['error api-version/past-sunset: version 1 of route old has ended on 2027-08-31'], undefined])
    const running = await findings('2027-08-31T00:00:00Z', 'warning')
    expect(running.said).toEqual(['warning api-version/past-sunset: version 1 of route old has ended on 2027-08-31'])
    expect(running.good?.gateway.routes.size).toBe(1)
  })

  it('follows the policy of the gateway', async () => {
    expect((await findings('2027-08-30T00:00:00Z', 'error', 'apiVersions: {noticeMonths: 0}')).said).toEqual([])
    expect((await findings('2026-03-01T00:00:00Z', 'error', 'apiVersions: {supportMonths: 24, noticeMonths: 18}')).said).toEqual([
      'error api-version/short-support: version 1 of route old would end less than 24 months after it is deprecated',
      'warning api-version/ends-soon: version 1 of route old ends in 548 days, on 2027-08-31',
    ])
  })

  it('makes the same resources whatever the day is', async () => {
    const versions = async (day: string) => [...((await findings(day, 'warning')).good?.resources.values() ?? [])].map(({ version }) => version)
    expect(await versions('2026-01-01T00:00:00Z')).toEqual(await versions('2030-01-01T00:00:00Z'))
  })
})

it('months end with their last day', () => {
  const plus = (day: string, months: number) => new Date(plusMonths(Date.parse(day), months)).toISOString().slice(0, 10)
  expect([plus('2026-01-31', 1), plus('2028-02-29', 12), plus('2027-08-31', -6), plus('2026-11-15', 14)]).toEqual([
    '2026-02-28',
    '2029-02-28',
    '2027-02-28',
    '2028-01-15',
  ])
})
