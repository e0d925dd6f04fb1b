import { mkdtemp, rm } from 'node:fs/promises'
import { type ClientHttp2Session, connect } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { installEnvoy } from '../../src/engine/install.ts'
import { superviseNginx } from '../../src/engine/nginx-supervise.ts'
import { supervise } from '../../src/engine/supervise.ts'
import { staticBootstrap } from '../../src/envoy/static-bootstrap.ts'
import { type EngineName, engineNames } from '../support/engines.ts'
import { freePort } from '../support/free-port.ts'
import { withGatewayFile } from '../support/gateway-file.ts'
import { send } from '../support/http.ts'
import { type LongService, openLongStreams, startLongService } from '../support/long-streams.ts'
import { compileText, writeTestTree } from '../support/nginx.ts'
import { compileForEnvoy } from '../support/static-envoy.ts'
import { until } from '../support/until.ts'

let service: LongService
let scratch: string
beforeAll(async () => {
  service = await startLongService()
  scratch = await mkdtemp(join(tmpdir(), 'sluice-drain-'))
})
afterAll(async () => {
  service.stop()
  await rm(scratch, { recursive: true, force: true })
})

const drainMs = 4_000

async function start(engine: EngineName, port: number, secure: number): Promise<{ ready(): Promise<void>; stop(): Promise<void> }> {
  const runDir = await mkdtemp(join(scratch, 'r-'))
  const common = { ports: [{ listener: 'public', address: '0.0.0.0', port }], drainMs, log: () => undefined }
  if (engine === 'nginx') {
    const { dir, binary } = await writeTestTree(await compileText(service.text(port, secure)), { drainMs })
    const supervisor = await superviseNginx({ ...common, binary, dir, runDir, ports: () => common.ports })
    return { ready: () => supervisor.ready(), stop: () => supervisor.stop().finally(() => rm(dir, { recursive: true, force: true })) }
  }
  const { resources } = await withGatewayFile(service.text(port, secure), {}, compileForEnvoy)
  const bootstrap = (path: string): string => staticBootstrap(resources.values(), { nodeId: 'n', nodeCluster: 'c', admin: { type: 'pipe', path } })
  return supervise({ ...common, binary: (await installEnvoy()).path, runDir, bootstrap, concurrency: 1 })
}

test.each(engineNames)('%s that is stopped answers short requests, says goodbye, lets streams go on for the drain time, and ends', async (engine) => {
  const [port, secure] = [await freePort(), await freePort()]
  const supervisor = await start(engine, port, secure)
  await supervisor.ready()
  const streams = await openLongStreams(port, secure)
  const session = connect(`https://127.0.0.1:${secure}`, { rejectUnauthorized: false, servername: 'shop.example.com' })
  let goodbye = false
  session.on('error', () => undefined).on('goaway', () => (goodbye = true))
  await new Promise<void>((resolve) => session.once('remoteSettings', () => resolve()))
  const short = Promise.all(Array.from({ length: 10 }, () => send(port, '/slow')))
  await until('they are under way', () => service.slow() === 10)
  const begin = performance.now()
  let over = false
  const stopped = supervisor.stop().then(() => (over = true))
  // A connection that is kept learns of the end with its next answer.
  expect(await statusOver(session)).toBe(200)
  expect((await short).map(({ status, headers }) => `${status} ${/close/.test(headers.connection ?? '') ? 'leave' : 'stay'}`)).toEqual(
    Array(10).fill('200 leave'),
  )
  await streams.talk()
  expect([streams.ended(), over]).toEqual([[], false])
  await until('HTTP/2 clients are told to leave', () => goodbye)
  await stopped
  // Nothing else ends the streams.
  expect(performance.now() - begin).toBeGreaterThan(drainMs / 2)
  await until('nothing is left open', () => streams.ended().length === 3)
  expect(
    await send(port, '/short').then(
      ({ status }) => status,
      () => 'refused',
    ),
  ).toBe('refused')
  streams.close()
  session.destroy()
})

/** Status of a short request on a connection that is there. */
function statusOver(session: ClientHttp2Session): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':path': '/slow' })
    stream.on('error', reject).on('response', (headers) => resolve(headers[':status']))
    stream.resume()
  })
}
