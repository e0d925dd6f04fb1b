import { globSync, readFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { Gateway, Listener, Route } from '../../src/model/gateway.ts'
import { nginxConf } from '../../src/nginx/conf.ts'
import { directive, quote, renderConf, template } from '../../src/nginx/nginx-conf.ts'
import { freePort } from '../support/free-port.ts'
import { send } from '../support/http.ts'
import { runTree, startNginx, type TestNginx, writeTestTree } from '../support/nginx.ts'
import { gatewayOf, listenerOn, madeOf, serviceOn, telling, to } from '../support/nginx-routes.ts'
import { matchOf, routeOf } from '../support/routes.ts'

let nginx: TestNginx | undefined
afterEach(async () => {
  await nginx?.stop()
  nginx = undefined
})

const hostile = [
  `"`,
  `'`,
  `;`,
  `{`,
  `}`,
  `#`,
  `\\`,
  `$`,
  `$host`,
  `\${host}`,
  '`',
  `"; return 500; #`,
  `'; } server { listen 1; } #`,
  `\\"; return 500; "`,
  `]]`,
  `]==]`,
  `]] os.execute("touch /tmp/x") --[[`,
  `" .. os.execute("true") .. "`,
  `{{x}}`,
  `%{x}`,
  `*/`,
  `ä 中 😀`,
  `a b`,
  '',
  `\\n`,
  `$sl_d`,
  `\\`.repeat(3),
  `include /etc/passwd;`,
]

/** Every text that a user can write, with something hostile in it: names too, though the schema allows only plain ones. */
function gatewayWith(text: string, port: number): Gateway {
  const listener: Listener = listenerOn(`l${text}`, port)
  const answer = telling(
    routeOf(`r${text}`, [matchOf('/answer'), { ...matchOf('/*'), headers: [{ name: 'x-never', type: 'exact', value: text }] }], {
      listeners: [listener.name],
    }),
  )
  const answering: Route = { ...answer, policies: { respond: { status: 200, body: text, headers: {} } }, hosts: [] }
  const named = routeOf(`f${text}`, [matchOf('/f'), { ...matchOf('/g'), query: [{ name: text, type: 'prefix', value: text }] }], {
    listeners: [listener.name],
    hosts: [`h${text}`],
    ...to(`s${text}`),
    policies: {
      rewrite: { path: `/${text}`, host: text },
      headers: { request: { set: { 'x-a': text }, add: {}, remove: [] }, response: { set: {}, add: {}, remove: [] } },
    },
  })
  const service = {
    ...serviceOn(`s${text}`, [9]),
    discovery: { type: 'static' as const, endpoints: [{ address: '127.0.0.1', port: 9, weight: 1, labels: { [text]: text }, zone: text }] },
  }
  return gatewayOf([listener], [answering, named], [service])
}

const anonymous = (conf: string): string => conf.replace(/l[0-9a-f]{20}/g, 'LISTENER')

describe('text of users', () => {
  it('never reaches nginx.conf: it is the same whatever users write', () => {
    const harmless = anonymous(nginxConf(madeOf(gatewayWith('x', 8080)).start, { profile: 'debian-1.22' }))
    for (const text of [...hostile, ...'\u0000\u0001\t\n\r\u001b\u007f\u0085\u2028'].map(String)) {
      expect(anonymous(nginxConf(madeOf(gatewayWith(text, 8080)).start, { profile: 'debian-1.22' })), JSON.stringify(text)).toBe(harmless)
    }
    expect(harmless).not.toContain('x-never')
  })

  it('is data for the runtime: a real nginx takes it all as one state, and gives each back as it was', async () => {
    const texts = [...hostile, 'tab\tline\nreturn\r', '\u0001\u001b\u007f']
    const ports = await Promise.all(texts.map(() => freePort()))
    const parts = texts.map((text, index) => gatewayWith(`${text}${index}`, ports[index] ?? 0))
    nginx = await startNginx(
      madeOf(
        gatewayOf(
          parts.flatMap(({ listeners }) => [...listeners.values()]),
          parts.flatMap(({ routes }) => [...routes.values()]),
          parts.flatMap(({ services }) => [...services.values()]),
        ),
      ),
    )
    const bodies = await Promise.all(ports.map(async (port) => (await send(port, '/answer')).body))
    expect(bodies).toEqual(texts.map((text, index) => `${text}${index}`))
    expect(nginx.output()).toBe('')
  })

  it('is not run: the runtime has no way to run text', () => {
    const files = globSync('lua/**/*.lua', { cwd: join(import.meta.dirname, '../..') })
    expect(files.length).toBeGreaterThan(30)
    const text = (file: string): string => readFileSync(join(import.meta.dirname, '../..', file), 'utf8')
    const running = /(?<![.:\w])(loadstring|load|dofile|loadfile|setfenv)\s*\(|os\.execute|io\.popen/
    expect(files.filter((file) => running.test(text(file)))).toEqual([])
  })

  it('meets no C function but these few, by names that stand in the runtime', () => {
    const files = globSync('lua/**/*.lua', { cwd: join(import.meta.dirname, '../..') })
    const texts = files.map((file) => readFileSync(join(import.meta.dirname, '../..', file), 'utf8')).filter((text) => /\bffi\b/.test(text))
    const called = texts.flatMap((text) => [...text.matchAll(/\bC\b(?:\.(\w+))?/g)].map(([, name]) => name)).filter((name) => name !== undefined)
    const harmless = [
      ...['RAND_bytes', 'SHA256', 'free', 'mmap', 'ngx_hex_dump', 'realpath'],
      ...['ngx_http_lua_ffi_req_get_headers', 'ngx_http_lua_ffi_req_get_headers_count', 'ngx_http_lua_ffi_var_get', 'ngx_http_lua_ffi_var_set'],
      ...['ngx_http_lua_ffi_compile_regex', 'ngx_http_lua_ffi_exec_regex'],
    ]
    expect(called.length).toBeGreaterThan(4)
    expect(called.filter((name) => !harmless.includes(name))).toEqual([])
    const uses = texts.flatMap((text) => [...text.matchAll(/\bffi\.(\w+)(\[\[|\("|\(\[\[)?/g)])
    expect([...new Set(uses.map(([, name]) => name))].sort()).toEqual(['C', 'cast', 'cdef', 'copy', 'new', 'string', 'typeof'])
    expect(uses.filter(([, name, literal]) => name === 'cdef' && !literal)).toEqual([])
    expect(texts.filter((text) => /\bC\s*\[/.test(text))).toEqual([])
  })
})

describe('the quoting function', () => {
  it('brings every text through nginx unchanged', async () => {
    const port = await freePort()
    const { dir, binary } = await writeTestTree(madeOf(gatewayOf([listenerOn('public', port)], [])))
    const answers = await freePort()
    const locations = hostile.map((text, index) => `location = /${index} { ${renderConf([directive('return', 200, text)]).trim()} }`)
    const conf = join(dir, 'nginx.conf')
    const server = `server { listen 127.0.0.1:${answers}; access_log off; ${locations.join('\n')} }`
    await writeFile(conf, (await readFile(conf, 'utf8')).replace(/\n {2}server \{/, `\n  ${server}\n  server {`))
    nginx = await runTree(dir, binary)
    for (const [index, text] of hostile.entries()) expect((await send(answers, `/${index}`)).body).toBe(text)
  })

  it('leaves a dollar sign bare where nginx knows no variables, and variables where this program means them', () => {
    expect(quote('/a $b', 'load_module')).toBe('"/a $b"')
    expect(quote('/a $b', 'return')).toBe('"/a ${sl_d}b"')
    expect(quote(template('http://$sl_path'), 'proxy_pass')).toBe('http://$sl_path')
  })

  it('takes no control character', () => {
    for (const text of ['\n', 'a\u0000', '\u007f', '\u0085']) expect(() => quote(text, 'return')).toThrow('control character')
  })
})
