import { describe, expect, it } from 'vitest'
import { installNginx } from '../../src/engine/nginx-install.ts'
import { productOf } from '../../src/nginx/conf.ts'
import { good, workplace } from './run-cli.ts'

const { profile, version } = await installNginx()
const h2 = `${good}  a: {match: {path: /a}, to: a}\nservices: {a: {endpoints: ["127.0.0.1:1"], protocol: h2}}\n`

describe('validate --target nginx', () => {
  it('finds what only nginx cannot do', async () => {
    await using place = await workplace({ 'gateway.yaml': h2 })
    expect(await place.run(['validate'])).toMatchObject({ code: 0, stderr: '✔ gateway.yaml is valid\n' })
    const { code, stdout } = await place.run(['validate', '--target', 'nginx'])
    expect(code).toBe(1)
    expect(stdout).toMatch(/^error nginx\/unsupported: service a speaks HTTP\/2, .*\n {2}\S*gateway\.yaml:6:/)
  })

  it('says what it was valid for, and asks the real nginx', async () => {
    await using place = await workplace({ 'gateway.yaml': good })
    expect(await place.run(['validate', '--target', 'nginx'])).toEqual({ code: 0, stdout: '', stderr: '✔ gateway.yaml is valid for nginx\n' })
    expect(await place.run(['validate', '--target', 'nginx', '--engine'], { env: process.env })).toEqual({
      code: 0,
      stdout: '',
      stderr: `✔ gateway.yaml is valid for nginx, for ${productOf(profile)} ${version} too\n`,
    })
  })

  it('ends with 69 when the nginx that was asked for is missing', async () => {
    await using place = await workplace({ 'gateway.yaml': good })
    const { code, stderr } = await place.run(['validate', '--target', 'nginx', '--engine'], { env: { NGINX_BIN: '/nonexistent' } })
    expect([code, stderr]).toEqual([69, expect.stringMatching(/^error: NGINX_BIN names \/nonexistent/)])
  })
})

describe('plan --target nginx', () => {
  it('tells machines why nginx has to be reloaded, and whose connections end', async () => {
    await using place = await workplace({
      'gateway.yaml': good,
      'moved.yaml': good.replace('8080', '8090'),
      'other.yaml': good.replace('hello}', 'bye}'),
    })
    const plan = async (file: string) => {
      const { code, stdout } = await place.run(['plan', file, '--target', 'nginx', '--against', 'gateway.yaml', '--format', 'json', '--exit-code'])
      return { code, cost: (JSON.parse(stdout) as { cost: unknown }).cost }
    }
    expect(await plan('moved.yaml')).toMatchObject({
      code: 2,
      cost: {
        pushes: [],
        reload: ['listener public moves from 0.0.0.0:8080 to 0.0.0.0:8090'],
        drains: [{ listener: 'public', address: ':8080', reason: 'changed' }],
      },
    })
    expect(await plan('other.yaml')).toMatchObject({ code: 2, cost: { pushes: [{ type: 'route', put: 1, remove: 0 }], reload: [], drains: [] } })
    expect(await plan('gateway.yaml')).toEqual({ code: 0, cost: { pushes: [], reload: [], drains: [] } })
  })

  it('refuses what nginx cannot do', async () => {
    await using place = await workplace({ 'gateway.yaml': h2 })
    expect((await place.run(['plan', '--target', 'nginx'])).code).toBe(1)
    expect((await place.run(['plan', '--target', 'envoy'])).code).toBe(0)
  })
})
