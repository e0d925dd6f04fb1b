import { hostname } from 'node:os'
import { fromJsonString } from '@bufbuild/protobuf'
import { describe, expect, it } from 'vitest'
import { BootstrapSchema } from '#gen/envoy/config/bootstrap/v3/bootstrap_pb.js'
import { installEnvoy } from '../../src/engine/install.ts'
import { validateWithEnvoy } from '../../src/engine/validate.ts'
import { bootstrap } from '../../src/envoy/bootstrap.ts'
import { typeRegistry } from '../../src/envoy/type-registry.ts'
import { workplace } from './run-cli.ts'

const tls = ['--ca', 'ca.pem', '--cert', 'p.pem', '--key', 'p.key', '--server-name', 'control.example.com']

async function ran(argv: readonly string[]) {
  await using place = await workplace()
  return place.run(['engine', 'bootstrap', ...argv])
}

describe('engine bootstrap', () => {
  it.each<[string[], Parameters<typeof bootstrap>[0]]>([
    [
      ['--xds', '127.0.0.1:9901'],
      { nodeId: hostname(), nodeCluster: 'gateway', xds: { type: 'tcp', host: '127.0.0.1', port: 9901 }, admin: { type: 'loopback', port: 9902 } },
    ],
    [
      ['--xds', 'unix:xds.sock', '--node', 'edge-1', '--cluster', 'shop', '--admin', 'unix:/run/admin.sock'],
      { nodeId: 'edge-1', nodeCluster: 'shop', xds: { type: 'pipe', path: 'xds.sock' }, admin: { type: 'pipe', path: '/run/admin.sock' } },
    ],
    [
      ['--xds', '[::1]:9901', '--node', 'edge-1', '--admin', '0', ...tls],
      {
        nodeId: 'edge-1',
        nodeCluster: 'gateway',
        xds: {
          type: 'tcp',
          host: '::1',
          port: 9901,
          tls: { caFile: 'ca.pem', certFile: 'p.pem', keyFile: 'p.key', serverName: 'control.example.com' },
        },
        admin: { type: 'loopback', port: 0 },
      },
    ],
  ])('%o prints the bootstrap of that proxy and nothing else', async (argv, options) => {
    expect(await ran(argv)).toEqual({ code: 0, stdout: bootstrap(options), stderr: '' })
  })

  it('prints what Envoy accepts', async () => {
    const { path } = await installEnvoy()
    const { stdout } = await ran(['--xds', '127.0.0.1:9901', '--node', 'edge-1'])
    expect(fromJsonString(BootstrapSchema, stdout, { registry: typeRegistry() }).node?.id).toBe('edge-1')
    expect(await validateWithEnvoy(path, stdout)).toEqual({ ok: true })
  })

  it('warns of a way beyond this machine without TLS, and is silent with it', async () => {
    const open = await ran(['--xds', 'sluice.internal:9901'])
    expect([open.code, open.stderr]).toEqual([0, expect.stringMatching(/^warning: without --ca there is no TLS to sluice\.internal:/)])
    expect((await ran(['--xds', 'sluice.internal:9901', '--ca', 'ca.pem'])).stderr).toBe('')
  })

  it.each([
    [[], "required option '--xds <address>' not specified"],
    [['--xds', 'nowhere'], 'It must be host:port'],
    [['--xds', 'unix:'], 'It must be host:port'],
    [['--xds', '127.0.0.1:0'], 'It must be the port where'],
    [['--xds', '127.0.0.1:1', '--node', ''], 'It must not be empty'],
    [['--xds', '127.0.0.1:1', '--admin', '0.0.0.0:9902'], 'It must be a port of 127.0.0.1'],
    [['--xds', '127.0.0.1:1', '--admin', '65536'], 'It must be a port of 127.0.0.1'],
    [['--xds', '127.0.0.1:1', '--ca', 'ca.pem', '--cert', 'p.pem'], 'a certificate needs both --cert and --key'],
    [['--xds', '127.0.0.1:1', '--cert', 'p.pem', '--key', 'p.key'], 'TLS needs --ca'],
    [['--xds', '127.0.0.1:1', '--server-name', 'a.example.com'], 'TLS needs --ca'],
    [['--xds', '/run/xds.sock', '--ca', 'ca.pem'], 'a unix socket has no TLS'],
  ])('refuses %o as usage', async (argv, words) => {
    const { code, stdout, stderr } = await ran(argv)
    expect([code, stdout]).toEqual([64, ''])
    expect(stderr).toContain(words)
  })
})
