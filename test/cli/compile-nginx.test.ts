import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, statSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findNginx, installNginx } from '../../src/engine/nginx-install.ts'
import { freePort } from '../support/free-port.ts'
import { send } from '../support/http.ts'
import { until } from '../support/until.ts'
import { good, workplace, type Workplace } from './run-cli.ts'
import { filesOf, runPlain } from './tree.ts'

const { path: binary, profile } = await installNginx()
const argv = ['compile', '--target', 'nginx', '--out', 'tree']
const withEnv = { env: process.env }

const answering = (port: number, text: string): string => `version: 1
listeners: {public: {port: ${port}, address: 127.0.0.1}}
routes:
  hello: {match: {path: /hello}, respond: {status: 200, text: ${text}}}
`

/** A program that is nginx in everything but that it refuses trees of sluice. */
async function refusing(place: Workplace): Promise<NodeJS.ProcessEnv> {
  await place.write(
    'engine/nginx',
    `#!/bin/sh
[ "$3" = -p ] && grep -qs sluice.boot "$4/nginx.conf" && echo 'nginx: [emerg] no thanks in nginx.conf:1' >&2 && exit 1
exec ${binary} "$@"
`,
  )
  chmodSync(place.path('engine/nginx'), 0o755)
  // Its modules lie beside it, unless the nginx of the system is used.
  for (const part of ['usr', 'lib'])
    if (existsSync(join(dirname(binary), part))) symlinkSync(join(dirname(binary), part), place.path(`engine/${part}`))
  return { ...process.env, NGINX_BIN: place.path('engine/nginx') }
}

describe('compile --target nginx', () => {
  it('writes a directory that nginx runs from anywhere, and that a reload takes over after another compile', async () => {
    const port = await freePort()
    await using place = await workplace({ 'gateway.yaml': answering(port, 'one') })
    const { code, stdout, stderr } = await place.run(argv, withEnv)
    expect([code, stdout]).toEqual([0, `${place.path('tree')}\n`])
    expect(stderr).toMatch(
      /^wrote \S+tree \(\d+ files, profile \S+\); (?:nginx|openresty) [\d.]+ takes it\nrun it: \S.*(?:nginx|openresty)\)? -p \S+tree -c nginx\.conf\nafter another /,
    )
    await using nginx = await runPlain(binary, place.path('tree'))
    expect((await send(port, '/hello')).body).toBe('one')
    await place.write('gateway.yaml', answering(port, 'two'))
    await place.run(argv, withEnv)
    expect((await send(port, '/hello')).body).toBe('one')
    expect(await nginx.signal('reload')).toBe(0)
    await until('the new document is served', async () => (await send(port, '/hello')).body === 'two')
    expect(nginx.output()).not.toMatch(/\[(error|crit|alert|emerg)\]/)
  })

  it('writes the same bytes for the same configuration, and leaves alone what is the same', async () => {
    await using place = await workplace({
      'gateway.yaml': good,
      'same.yaml': `# written otherwise\n${good.replace('{port: 8080}', '{"port": 8080}')}`,
    })
    await place.run(argv, withEnv)
    const [files, { ino }] = [filesOf(place.path('tree')), statSync(place.path('tree/nginx.conf'))]
    await place.run([...argv, 'same.yaml'], withEnv)
    expect(filesOf(place.path('tree'))).toEqual(files)
    expect(statSync(place.path('tree/nginx.conf')).ino).toBe(ino)
    expect(Object.keys(files)).toEqual(expect.arrayContaining(['lua/sluice/boot.lua', 'nginx.conf', 'state/data.jsonl', 'tree.json']))
    expect(files['state/data.jsonl']).toMatch(/^600 /)
  })

  it('tells machines what it wrote and which nginx has taken it', async () => {
    await using place = await workplace({ 'gateway.yaml': good })
    const { stdout } = await place.run([...argv, '--format', 'json'], withEnv)
    const said = JSON.parse(stdout) as { files: { path: string; bytes: number }[] }
    expect(said).toMatchObject({ schemaVersion: 1, target: 'nginx', dir: place.path('tree'), tested: { path: (await findNginx())?.path } })
    expect(said.files).toContainEqual({ path: place.path('tree/nginx.conf'), bytes: statSync(place.path('tree/nginx.conf')).size })
  })

  it('names OpenResty as its user calls it', async () => {
    await using place = await workplace({ 'gateway.yaml': good })
    await place.write('bin/openresty', '#!/bin/sh\necho nginx version: openresty/1.27.1.2 >&2\n')
    chmodSync(place.path('bin/openresty'), 0o755)
    const told = async (env: NodeJS.ProcessEnv) => (await place.run(argv, { env })).stderr.split('\n').slice(0, 2)
    const words = (program: string) => [
      expect.stringMatching(/ profile openresty-1\.27\); openresty 1\.27\.1\.2 takes it$/) as string,
      `run it: ${program} -p ${place.path('tree')} -c nginx.conf`,
    ]
    expect(await told({ PATH: place.path('bin') })).toEqual(words('openresty'))
    expect(await told({ PATH: '', NGINX_BIN: place.path('bin/openresty') })).toEqual(words('$(sluice engine path nginx)'))
    const { stderr } = await place.run([...argv, '--profile', 'debian'], { env: { PATH: place.path('bin') } })
    expect(stderr).toContain('profile debian-1.22); openresty 1.27.1.2 takes the same with the profile openresty-1.27\nrun it: nginx -p ')
    expect(existsSync(place.path('tree/conf/nginx.conf'))).toBe(false)
  })

  it('says so when nginx was not asked because there is none', async () => {
    await using place = await workplace({ 'gateway.yaml': good })
    const env = { PATH: '', SLUICE_CACHE: place.path('none') }
    const { code, stderr } = await place.run(argv, { env })
    expect(code).toBe(0)
    expect(stderr).toContain((await findNginx(env)) ? 'takes it' : 'it was not tested, as there is no nginx with Lua here')
  })

  it('refuses a profile or a directory for Envoy, and the other way round', async () => {
    await using place = await workplace({ 'gateway.yaml': good })
    const says = async (...words: string[]) => (await place.run(['compile', ...words], withEnv)).stderr
    expect(await says('--profile', 'debian')).toBe('error: --profile and --dir are for --target nginx\n')
    expect(await says('--target', 'nginx')).toMatch(/^error: nginx runs a directory, .* --out DIR\n$/)
    expect(await says('--target', 'nginx', '--out', 'tree', '--admin-port', '1')).toMatch(/^error: --admin-port is for Envoy; .*run\/admin\.sock\n$/)
    expect(await says('--target', 'nginx', '--out', 'tree', '--dir', 'x')).toBe('error: --dir must be an absolute path, and x is not\n')
    expect(await says('--target', 'nginx', '--out', `tree/${'x'.repeat(100)}`)).toMatch(/longer than the 107 bytes .* choose a shorter directory\n$/)
  })
})

describe('the directory of a tree', () => {
  it('is where it was written; elsewhere nginx says so and does not start', async () => {
    await using place = await workplace({ 'gateway.yaml': answering(await freePort(), 'one') })
    await place.run(argv, withEnv)
    renameSync(place.path('tree'), place.path('moved'))
    await using nginx = await runPlain(binary, place.path('moved'))
    expect(await nginx.exited).toBe(1)
    expect(nginx.output()).toContain(
      `this tree was made for the directory ${place.path('tree')} and stands in ${place.path('moved')}/: compile it there, or with --dir`,
    )
  })

  it('can be another one than that of --out, for the packages of a system', async () => {
    await using place = await workplace({ 'gateway.yaml': good })
    const { stderr } = await place.run([...argv, '--dir', '/etc/sluice', '--profile', 'debian'], withEnv)
    expect(stderr).toContain('it runs in /etc/sluice and nowhere else\nrun it: nginx -p /etc/sluice -c nginx.conf\n')
    const conf = readFileSync(place.path('tree/nginx.conf'), 'utf8')
    expect(conf).toContain('listen unix:/etc/sluice/run/admin.sock;')
    expect(conf).toContain('load_module /usr/lib/nginx/modules/ngx_http_lua_module.so;')
    expect(conf).not.toContain(place.dir)
    await place.run([...argv, '--dir', '/etc/sluice', '--profile', 'openresty'], withEnv)
    expect(readFileSync(place.path('tree/nginx.conf'), 'utf8')).not.toContain('load_module')
  })

  it('is all that OpenResty must be told, and with the file all that nginx must be; it ends when it is asked to', async () => {
    const port = await freePort()
    await using place = await workplace({ 'gateway.yaml': answering(port, 'one') })
    await place.run(argv, withEnv)
    await using nginx = await runPlain(binary, place.path('tree'), profile === 'openresty-1.27' ? [] : ['-c', 'nginx.conf'])
    expect([nginx.output(), (await send(port, '/hello')).body]).toEqual(['', 'one'])
    expect(await nginx.signal('quit')).toBe(0)
    expect(await nginx.exited).toBe(0)
  })

  it('may be reached over a link', async () => {
    const port = await freePort()
    await using place = await workplace({ 'gateway.yaml': answering(port, 'one') })
    expect(spawnSync('ln', ['-s', 'releases/1', place.path('current')]).status).toBe(0)
    await place.run(['compile', '--target', 'nginx', '--out', 'releases/1', '--dir', place.path('current')], withEnv)
    await using nginx = await runPlain(binary, place.path('current'))
    expect([nginx.output(), (await send(port, '/hello')).body]).toEqual(['', 'one'])
  })
})

describe('an old tree stays byte for byte', () => {
  /** Compiles once, then with a change and in the circumstances given; gives how that ended, having compared the files. */
  async function second(circumstances: (place: Workplace) => Promise<NodeJS.ProcessEnv>, change = good.replace('text: hello', 'text: bye')) {
    await using place = await workplace({ 'gateway.yaml': good })
    await place.run(argv, withEnv)
    const env = await circumstances(place)
    const before = filesOf(place.path('tree'))
    await place.write('gateway.yaml', change)
    const ran = await place.run(argv, { env })
    expect(filesOf(place.path('tree'))).toEqual(before)
    return ran
  }

  it('when the configuration has errors, or nginx cannot do it', async () => {
    expect((await second(() => Promise.resolve(process.env), good.replace('respond:', 'respnd:'))).code).toBe(1)
    const h2 = `${good}services: {a: {endpoints: ["127.0.0.1:1"], protocol: h2}}\n`
    const { code, stderr } = await second(() => Promise.resolve(process.env), h2)
    expect(code).toBe(1)
    expect(stderr).toMatch(
      /^error nginx\/unsupported: service a speaks HTTP\/2, which nginx speaks to services only for gRPC\n {2}\S+gateway\.yaml:5:54\n/m,
    )
  })

  it('when nginx -t refuses the new one', async () => {
    const { code, stderr } = await second(refusing)
    expect(code).toBe(1)
    expect(stderr).toMatch(/^error nginx\/refused-configuration: (?:nginx|openresty) [\d.]+ refuses the configuration: .*no thanks/)
  })

  it('when the binary that was asked for is missing', async () => {
    const { code, stderr } = await second((place) => Promise.resolve({ ...process.env, NGINX_BIN: place.path('none') }))
    expect([code, stderr]).toEqual([69, expect.stringMatching(/^error: NGINX_BIN names \S+none, which is no nginx/)])
  })

  it('when one of its files cannot be replaced', async () => {
    const { code, stderr } = await second(async (place) => {
      // A directory that is not empty stands where the last of the files goes, so the others were renamed already.
      spawnSync('mv', [place.path('tree/state/data.jsonl'), place.path('old.jsonl')])
      await place.write('tree/state/data.jsonl/in-the-way', '')
      await place.write('tree/nginx.conf', '# an old one')
      return process.env
    })
    expect([code, stderr]).toEqual([1, expect.stringMatching(/error: cannot write \S+tree: E[A-Z]+: .*data\.jsonl/)])
  })

  it('when the disk is full', async () => {
    await using place = await workplace({ 'gateway.yaml': good, 'other.yaml': good.replace('text: hello', `text: ${'x'.repeat(50_000)}`) })
    mkdirSync(place.path('disk'))
    const cli = new URL('../../src/cli.ts', import.meta.url).pathname
    const sluice = `"$0" ${cli} compile --target nginx --quiet --out disk/tree`
    const script = [
      'mount -t tmpfs -o size=2m none disk',
      `${sluice} >&2 && cp -a disk/tree before`,
      'cat /dev/zero 2>&- >disk/filler',
      `${sluice} other.yaml`,
      'echo "code $?"; diff -r before disk/tree && echo same; ls -A disk/tree | grep -c "^[.]sluice"',
    ]
    const { stdout, stderr } = spawnSync('unshare', ['-rm', 'sh', '-c', script.join('\n'), process.execPath], { cwd: place.dir, encoding: 'utf8' })
    // Not every machine lets its users mount.
    if (/unshare: |mount: /.test(stderr)) return expect(stderr).toMatch(/permitted|denied/)
    expect([stdout, stderr]).toEqual(['code 1\nsame\n0\n', expect.stringMatching(/^error: cannot write \S+disk\/tree: ENOSPC/m)])
  })

  it('of another program is never touched', async () => {
    await using place = await workplace({ 'gateway.yaml': good, 'tree/nginx.conf': 'events {}\n' })
    const { code, stderr } = await place.run(argv, withEnv)
    expect([code, filesOf(place.path('tree'))]).toEqual([1, { 'nginx.conf': '644 events {}\n' }])
    expect(stderr).toMatch(/error: \S+nginx\.conf was not written by sluice, so it stays; choose another directory or remove it\n$/)
    await using prefix = await workplace({ 'gateway.yaml': good, 'tree/conf/nginx.conf': 'events {}\n' })
    expect(await prefix.run([...argv, '--profile', 'openresty'], withEnv)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('conf/nginx.conf was not') as string,
    })
    expect(filesOf(prefix.path('tree'))).toEqual({ 'conf/nginx.conf': '644 events {}\n' })
  })
})

describe('names', () => {
  const to = (address: string, key = 'endpoints: [a]'): string =>
    `${good}  a: {match: {path: /a}, to: a}\nservices: {a: {${key.replace('[a]', `["${address}"]`)}}}\n`

  it('are resolved once, with a warning at the place of each', async () => {
    await using place = await workplace({ 'gateway.yaml': to('localhost:9000') })
    const { code, stderr } = await place.run(argv, withEnv)
    expect(code).toBe(0)
    expect(stderr).toMatch(
      /^warning nginx\/fixed-addresses: localhost is 127\.0\.0\.1 now, and stays that in the tree.*\n {2}\S+gateway\.yaml:6:28\n/,
    )
    expect(readFileSync(place.path('tree/state/data.jsonl'), 'utf8')).toContain('"endpoints":[{"address":"127.0.0.1","port":9000,"weight":1}]')
    expect((await place.run([...argv, '--fail-on', 'warning'], withEnv)).code).toBe(1)
  })

  it('that nobody knows are refused, wherever they are written', async () => {
    await using place = await workplace({ 'gateway.yaml': to('x', 'discovery: {dns: "backend.invalid:80"}') })
    const { code, stderr } = await place.run(argv, withEnv)
    expect(code).toBe(1)
    expect(stderr).toMatch(/^error nginx\/unknown-name: backend\.invalid cannot be resolved here \(\w+\), .*\n {2}\S+gateway\.yaml:6:27\n/)
  })
})
