import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bootstrap } from '../../src/envoy/bootstrap.ts'
import { bootstrapLayers } from '../../src/envoy/runtime-layers.ts'
import { createXds, type Xds } from '../../src/xds/xds.ts'
import { startEnvoy } from '../support/envoy.ts'
import { until } from '../support/until.ts'

let dir: string
let xds: Xds
let port: number
const at = (name: string): string => join(dir, name)

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' })
}

function certificate(name: string, extension: string): void {
  openssl(
    'req',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-keyout',
    `${name}.key`,
    '-out',
    `${name}.csr`,
    '-subj',
    `/CN=${name}`,
  )
  openssl('x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-days', '2', '-out', `${name}.pem`, '-extfile', extension)
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sluice-tls-'))
  openssl(
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-subj',
    '/CN=ca',
    '-days',
    '2',
  )
  await writeFile(at('server.ext'), 'subjectAltName=IP:127.0.0.1,DNS:control.example.com\n')
  await writeFile(at('client.ext'), 'extendedKeyUsage=clientAuth\n')
  certificate('server', 'server.ext')
  certificate('client', 'client.ext')
  xds = createXds()
  const read = (name: string): string => readFileSync(at(name), 'utf8')
  port = (await xds.listen({ host: '127.0.0.1', port: 0 }, { key: read('server.key'), cert: read('server.pem'), clientCa: read('ca.pem') })).port
  xds.publish({ put: bootstrapLayers([]), remove: [] })
})
afterAll(async () => {
  await xds.close()
  await rm(dir, { recursive: true, force: true })
})

const start = (nodeId: string, serverName: string, ready: boolean) =>
  startEnvoy({
    ready,
    bootstrap: (path) =>
      bootstrap({
        nodeId,
        nodeCluster: 'c',
        xds: {
          type: 'tcp',
          host: '127.0.0.1',
          port,
          tls: { caFile: at('ca.pem'), certFile: at('client.pem'), keyFile: at('client.key'), serverName },
        },
        admin: { type: 'pipe', path },
      }),
  })

describe('mutual TLS to the control plane', () => {
  it.each(['127.0.0.1', 'control.example.com'])('works when the certificate carries %s', async (name) => {
    const envoy = await start(name, name, true)
    expect(xds.status().proxies.map((proxy) => proxy.id)).toContain(name)
    await envoy.stop()
  })

  it('does not work with a server of another name', async () => {
    const envoy = await start('misled', 'other.example.com', false)
    await until('it has tried', async () => (await envoy.stat('cluster.sluice.xds.upstream_cx_connect_fail')) > 0)
    expect(xds.status().proxies.map((proxy) => proxy.id)).not.toContain('misled')
    await envoy.stop()
  })
})
