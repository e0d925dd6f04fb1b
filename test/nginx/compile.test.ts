import { execFile } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { basename } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { Compiler } from '../../src/compile.ts'
import { features } from '../../src/features/index.ts'
import type { Diagnostic } from '../../src/diagnostics/diagnostic.ts'
import type { Feature } from '../../src/feature.ts'
import { type Cx, createCx } from '../../src/model/cx.ts'
import type { Gateway, Service } from '../../src/model/gateway.ts'
import { checkNginx } from '../../src/nginx/check.ts'
import { deltaBetween } from '../../src/nginx/delta.ts'
import { reloadReasons } from '../../src/nginx/needs-reload.ts'
import { phases } from '../../src/nginx/phases.ts'
import { readRuntimeFiles } from '../../src/nginx/runtime-files.ts'
import { startOf } from '../../src/nginx/start.ts'
import { documentText, serviceLine, type StateInput } from '../../src/nginx/state.ts'
import { makeTree } from '../../src/nginx/tree.ts'
import { compileText as compileGood } from '../plan/memory-files.ts'
import { freePort } from '../support/free-port.ts'
import { compileForNginx, compileText, forNginx, startNginx, writeTestTree } from '../support/nginx.ts'
import { gatewayOf, listenerOn, madeOf, serviceOn, to } from '../support/nginx-routes.ts'
import { routeOf } from '../support/routes.ts'

const run = promisify(execFile)
const base = (more: string): string =>
  `version: 1\nname: t\nlisteners: {public: {port: 8080}}\nservices: {a: {endpoints: ["127.0.0.1:1"]}}\nroutes:\n${more}`

function checked(list: readonly Feature[], { listeners, services, routes }: Gateway, cx: Cx): Diagnostic[] {
  return [...listeners.values(), ...services.values(), ...routes.values()].flatMap((node) => [...checkNginx(list, node, cx)])
}

/** Findings of the nginx engine for a text. */
async function findings(text: string): Promise<string[]> {
  const { gateway, at } = await compileGood(text)
  const cx = { ...createCx(gateway, () => ({ file: '', path: [], side: 'value' })), at }
  return checked(features, gateway, cx).map(({ code, severity, at: place }) => `${severity} ${code} ${place?.path.join('.')}`)
}

describe('the tree', () => {
  it('of the sample and of every example passes nginx -t, unless nginx cannot do it', async () => {
    for (const file of ['gateway.yaml', ...features.map(({ name }) => `examples/${name}.yaml`)]) {
      const { good, diagnostics } = await new Compiler(file, { target: 'nginx', env: {} }).compile()
      if (!good) {
        const errors = diagnostics.filter(({ severity }) => severity === 'error').map(({ code }) => code)
        expect([file, new Set(errors)]).toEqual([file, new Set(['nginx/unsupported'])])
        continue
      }
      const { dir, binary } = await writeTestTree(good)
      const tested = await run(binary.path, ['-t', '-q', '-p', dir, '-c', 'nginx.conf'], { cwd: dir })
      expect([file, tested.stderr]).toEqual([file, ''])
      await rm(dir, { recursive: true })
    }
  })

  it('can be tested beside the nginx that runs it: the socket stays', async () => {
    const made = madeOf(gatewayOf([listenerOn('public', await freePort())], []))
    const nginx = await startNginx(made)
    await run(nginx.binary.path, ['-t', '-q', '-p', nginx.dir, '-c', 'nginx.conf'], { cwd: nginx.dir })
    expect(await nginx.status()).toMatchObject({ version: made.state.version })
    await nginx.stop()
  })

  it('is the same for the same gateway, whatever the order of its parts', async () => {
    const listeners = [listenerOn('a', 1), listenerOn('b', 2)]
    const routes = [
      routeOf('one', '/1', to('x')),
      routeOf(
        'two',
        ['/2', '/3'].map((path) => ({ path: { type: 'exact', path }, methods: [], headers: [], query: [] })),
        to('y'),
      ),
    ]
    const services = [serviceOn('x', [1]), serviceOn('y', [2])]
    const runtime = await readRuntimeFiles()
    const tree = (gateway: ReturnType<typeof gatewayOf>) => {
      const { start, state } = madeOf(gateway)
      return [...makeTree(start, state, runtime, { profile: 'debian-1.22' })]
    }
    expect(tree(gatewayOf(listeners.toReversed(), routes.toReversed(), services.toReversed()))).toEqual(tree(gatewayOf(listeners, routes, services)))
    expect(tree(gatewayOf(listeners, routes, services)).map(([path]) => path)).toEqual(
      expect.arrayContaining(['nginx.conf', 'state/data.jsonl', 'lua/sluice/boot.lua', 'lua/features/rewrite.lua']),
    )
  })

  it('has the directives of its profile', async () => {
    const { start, state } = madeOf(gatewayOf([listenerOn('a', 1, { policies: { 'listener-tls': { certificates: [], minVersion: '1.3' } } })], []))
    const conf = async (profile: 'debian-1.22' | 'openresty-1.27') =>
      makeTree(start, state, await readRuntimeFiles(), { profile }).get('nginx.conf')?.text ?? ''
    expect(await conf('debian-1.22')).toMatch(
      /load_module [^;]+ngx_http_lua_module\.so;[\s\S]*listen 127\.0\.0\.1:1 ssl http2 reuseport;[\s\S]*ssl_protocols TLSv1\.3;/,
    )
    const openresty = await conf('openresty-1.27')
    expect(openresty).toMatch(/listen 127\.0\.0\.1:1 ssl reuseport;\n\s+http2 on;/)
    expect(openresty).not.toMatch(/load_module|\n\s+keepalive /)
  })

  it('has for OpenResty the file that it reads when it is told the directory alone, with the certificates that it looks for beside it', async () => {
    const names = ['examples/certs/shop.pem', 'examples/certs/shop.key', 'test/features/upstream-tls/valid/ca.pem']
    const files = Object.fromEntries(await Promise.all(names.map(async (name) => [basename(name), await readFile(name, 'utf8')] as const)))
    const made = await compileText(
      `version: 1
listeners: {public: {port: 8443, tls: {certificates: [{cert: shop.pem, key: 'secret://file/shop.key'}]}}}
services: {a: {endpoints: ["127.0.0.1:1"], tls: {serverName: a.test, ca: ca.pem}}}
routes: {a: {match: {path: /}, to: a}}
`,
      files,
    )
    const tree = async (profile: 'debian-1.22' | 'openresty-1.27') => makeTree(made.start, made.state, await readRuntimeFiles(), { profile })
    const openresty = await tree('openresty-1.27')
    const beside = [...openresty.keys()].filter((path) => path.startsWith('conf/'))
    const certificates = /(?:ssl_certificate|ssl_certificate_key|ssl_trusted_certificate) (?!\/)(\S+);/g
    const named = [...(openresty.get('nginx.conf')?.text ?? '').matchAll(certificates)].map(([, path]) => path ?? '')
    expect(named).toEqual(expect.arrayContaining(['placeholder.pem', expect.stringMatching(/^trust\//) as string]))
    expect(new Set(beside)).toEqual(new Set(['conf/nginx.conf', ...named.map((path) => `conf/${path}`)]))
    for (const path of named) expect(openresty.get(`conf/${path}`)).toEqual(openresty.get(path))
    expect([...(await tree('debian-1.22')).keys()].filter((path) => path.startsWith('conf/'))).toEqual([])
  })

  it('holds secrets only in files of mode 0600', async () => {
    const made = await compileForNginx('examples/listener-tls.yaml')
    const secret = [...makeTree(made.start, made.state, await readRuntimeFiles(), { profile: 'debian-1.22' })].filter(([, { text }]) =>
      text.includes('PRIVATE KEY'),
    )
    expect(secret.map(([path, { mode }]) => [path, mode])).toEqual([
      ['placeholder.key', 0o600],
      ['state/data.jsonl', 0o600],
    ])
  })
})

describe('the state document', () => {
  it('has a line for each resource, and a delta only the changed ones', async () => {
    const before = await compileGood(base('  a: {match: {path: /a/*}, to: a}\n  b: {match: {path: /b/*}, to: a}'))
    const after = await compileGood(base('  a: {match: {path: /a/*}, to: a}\n  c: {match: {path: /c/*}, to: a, timeouts: {request: 1s}}'))
    const [one, two] = [before, after].map(({ gateway, tables }) => forNginx(gateway, tables, () => new Uint8Array()))
    if (!one || !two) throw new Error('two were compiled')
    expect([...one.state.lines.keys()]).toEqual([
      'host/public/*',
      'listener/public',
      'phases',
      'replies/problem-json',
      'route/a',
      'route/b',
      'service/a',
    ])
    const delta = deltaBetween(one.state, two.state)
    expect([delta.put.map(({ key }) => key), delta.remove]).toEqual([['host/public/*', 'route/c'], ['route/b']])
    expect(deltaBetween(one.state, one.state)).toMatchObject({ put: [], remove: [] })
    expect(documentText(one.state).split('\n').length).toBe(one.state.lines.size + 2)
  })

  it('has addresses for names only as far as the control plane knows them', () => {
    const named: Service = { ...serviceOn('n', []), discovery: { type: 'dns', endpoints: [{ address: 'n.test', port: 80, weight: 2, labels: {} }] } }
    const gateway = gatewayOf([], [], [named])
    const input: Pick<StateInput, 'gateway' | 'features' | 'read'> = { gateway, features, read: () => new Uint8Array() }
    expect(JSON.parse(serviceLine(named, input).json)).toMatchObject({ endpoints: [] })
    const resolved = serviceLine(named, { ...input, resolve: (host) => (host === 'n.test' ? ['10.0.0.2', '10.0.0.1'] : []) })
    expect(JSON.parse(resolved.json)).toMatchObject({
      endpoints: [
        { address: '10.0.0.1', port: 80, weight: 2 },
        { address: '10.0.0.2', port: 80, weight: 2 },
      ],
    })
  })
})

describe('what needs a reload', () => {
  it('is listeners, TLS versions and authorities; no route, host, service or header', async () => {
    const start = async (listener: string, routes = '  a: {match: {path: /a}, to: a}') => {
      const { gateway } = await compileGood(base(routes).replace('{port: 8080}', listener))
      return startOf(gateway, features, () => new Uint8Array())
    }
    const before = await start('{port: 8080}')
    expect(
      reloadReasons(
        before,
        await start('{port: 8080, errorFormat: text, trustedHops: 1}', '  b: {match: {path: /b}, hosts: [x.test], respond: {status: 200}}'),
      ),
    ).toEqual([])
    expect(reloadReasons(before, await start('{port: 8081}'))).toEqual(['listener public moves from 0.0.0.0:8080 to 0.0.0.0:8081'])
    expect(reloadReasons(before, await start('{port: 8080}, other: {port: 1, address: "::1"}'))).toEqual([
      'listener other is new: nginx opens [::1]:1',
    ])
    const secure = { ...before, listeners: before.listeners.map((one) => ({ ...one, tls: { minVersion: '1.2' as const } })) }
    const strict = { ...before, listeners: before.listeners.map((one) => ({ ...one, tls: { minVersion: '1.3' as const } })) }
    expect(reloadReasons(before, secure)).toEqual(['listener public begins to speak TLS'])
    expect(reloadReasons(secure, strict)).toEqual(['listener public takes TLS from version 1.3, no longer 1.2'])
    expect(reloadReasons(before, { ...before, listeners: [] })).toEqual(['listener public is gone: nginx closes 0.0.0.0:8080'])
  })
})

describe('what nginx cannot do', () => {
  it('is an error with its place; what it does differently is a note', async () => {
    expect(await findings(base('  a: {match: {path: /a}, to: a, retry: {when: ["409"]}}'))).toEqual(['error nginx/unsupported routes.a.retry.when'])
    expect(await findings(base('  a: {match: {path: /a}, to: a, retry: {statuses: [418]}}'))).toEqual([
      'error nginx/unsupported routes.a.retry.statuses',
    ])
    expect(await findings(base('  a: {match: {path: /a}, to: a, retry: {when: [gateway-error], backoff: {initial: 1s}}}'))).toEqual([
      'info nginx/differs routes.a.retry.backoff',
    ])
    expect(await findings(base('  a: {match: {path: /a}, to: a, headers: {request: {set: {x-request-id: a}}}}'))).toEqual([
      'error nginx/unsupported routes.a.headers.request.set',
    ])
    expect(await findings(base('  a: {match: {path: /a}, to: a}').replace('"127.0.0.1:1"]', '"127.0.0.1:1"], protocol: h2'))).toEqual([
      'error nginx/unsupported services.a.protocol',
    ])
    expect(
      await findings(base('  a: {match: {path: /a}, to: a}').replace('"127.0.0.1:1"]', '"127.0.0.1:1"], protocol: grpc, healthCheck: {path: /h}')),
    ).toEqual(['error nginx/unsupported services.a.healthCheck'])
  })

  it('is nothing of the sample, and a feature without a part for nginx is refused by its key', async () => {
    const { good } = await new Compiler('gateway.yaml', { env: {} }).compile()
    if (!good) throw new Error('the sample compiles')
    const cx = createCx(good.gateway, () => ({ file: 'gateway.yaml', path: [], side: 'value' }))
    expect(checked(features, good.gateway, cx).filter(({ severity }) => severity === 'error')).toEqual([])
    const without = features.map(({ nginx, ...feature }) => (feature.name === 'rewrite' || !nginx ? feature : { ...feature, nginx }))
    const refused = checked(without, good.gateway, cx).filter(({ severity }) => severity === 'error')
    expect(refused.map(({ message }) => message)).toEqual(
      ['segmentation', 'runner', 'archive'].map((name) => `the nginx engine has no rewrite, which route ${name} uses`),
    )
  })

  it('never hides in Lua: every feature of a phase exists, and every module is in a phase', async () => {
    const modules = [...(await readRuntimeFiles()).keys()].flatMap((path) => /^lua\/features\/(.+)\.lua$/.exec(path)?.[1] ?? [])
    const named = new Set(phases.flatMap(({ order }) => order.map(([feature]) => feature)))
    expect([...named].sort()).toEqual(modules.sort())
    expect([...named].filter((name) => !features.some((feature) => feature.name === name))).toEqual([])
  })
})
