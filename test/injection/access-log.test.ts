import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bytesOf, rawSets } from '../conformance/raw-requests.ts'
import { type Echo, startEcho } from '../support/echo.ts'
import { type EngineName, engineNames, type Engines, startEngines } from '../support/engines.ts'
import { seeded } from '../support/random.ts'
import { sendBytes } from '../support/raw-http.ts'
import { until } from '../support/until.ts'

let echo: Echo
let engines: Engines
beforeAll(async () => {
  echo = await startEcho()
  engines = await startEngines(
    (port) => `
version: 1
listeners: {public: {port: ${port}, address: 127.0.0.1}}
services: {app: {endpoints: ["127.0.0.1:${echo.port}"]}}
routes: {all: {match: {path: /*}, to: app}}
`,
  )
})
afterAll(async () => {
  await engines.stop()
  await echo.close()
})

/** Pieces of a line that somebody would like to forge. */
const pieces = [
  '"',
  '\\',
  '\\"',
  '","status":200,"path":"',
  '}\n{"forged":true}',
  '\n',
  '\r',
  '\0',
  '\x1b[31m',
  '\x7f',
  '\x85',
  '\xff\xfe',
  '\xe4',
  '%22',
  '\\u0022',
  '$status',
  '{',
  '}',
  ',',
  ' ',
  '/',
  'a',
]

/** Requests with hostile text wherever a log line takes text from. */
function requests(count: number): string[] {
  const random = seeded(4)
  const text = (): string => random.many(1 + random.below(6), () => random.pick(pieces)).join('')
  const inLine = (): string => text().replace(/[\r\n\0 ]/g, '')
  return Array.from({ length: count }, (_, index) => {
    const method = random.chance(0.1) ? inLine() : 'GET'
    const host = random.chance(0.3) ? text() : 'a.test'
    return `${method} /log-${index}/${random.chance(0.5) ? inLine() : ''}?token=secret HTTP/1.1\r\nhost: ${host}\r\nuser-agent: ${text()}\r\nx-request-id: ${text()}\r\nx-forwarded-for: ${text()}\r\nconnection: close\r\n\r\n`
  })
}

async function logOf(engine: EngineName): Promise<Buffer> {
  if (engine === 'nginx') return readFile(join(engines.nginx.dir, 'logs/access.log'))
  return Buffer.from(
    engines.envoy
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .join('\n'),
  )
}

test.each(engineNames)('every line of the access log of %s is one JSON object with the usual keys, whatever clients send', async (engine) => {
  const all = [...requests(400), ...rawSets.flatMap(([, cases]) => cases.map((one, index) => bytesOf(one, index)))]
  let next = 0
  const lane = async (): Promise<void> => {
    for (let bytes = all[next++]; bytes !== undefined; bytes = all[next++]) await sendBytes(engines.ports[engine], bytes)
  }
  await Promise.all(Array.from({ length: 8 }, lane))
  await sendBytes(engines.ports[engine], 'GET /the-last-one HTTP/1.1\r\nhost: a.test\r\nuser-agent: plain\r\n\r\n')
  const bytes = await until('the last line is written', async () => {
    const now = await logOf(engine)
    return now.includes('/the-last-one') && now
  })
  const text = bytes.toString('utf8')
  expect(Buffer.from(text).equals(bytes)).toBe(true)
  const lines = text.split('\n').filter((line) => line !== '')
  const parsed = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  const keys = Object.keys(parsed.at(-1) ?? {}).sort()
  expect(keys.length).toBeGreaterThan(12)
  expect(parsed.filter((line) => Object.keys(line).some((key) => !keys.includes(key)))).toEqual([])
  expect(lines.filter((line) => (line.match(/"status":/g)?.length ?? 0) !== 1 || /\p{Cc}/u.test(line))).toEqual([])
  expect(text).not.toContain('secret')
  expect(lines.length).toBeGreaterThan(all.length * 0.7)
})
