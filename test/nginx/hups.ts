import { readFile } from 'node:fs/promises'
import { writeFile, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { spawn } from 'node:child_process'
import { Agent } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect } from 'vitest'
import { installNginx } from '../../src/engine/nginx-install.ts'
import { startEcho } from '../support/echo.ts'
import { freePort } from '../support/free-port.ts'
import { send } from '../support/http.ts'
import { compileText, startNginx } from '../support/nginx.ts'
import { until } from '../support/until.ts'

interface Reloading {
  readonly pid: number
  readonly port: number
  stop(): Promise<void>
}

/** The same nginx without anything of sluice: one `proxy_pass`. */
async function startPlain(upstream: number): Promise<Reloading> {
  const binary = await installNginx()
  const [dir, port] = [await mkdtemp(join(tmpdir(), 'sluice-plain-')), await freePort()]
  await mkdir(join(dir, 'tmp'))
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path tmp/${name};`).join(' ')
  const server = `server { listen 127.0.0.1:${port} reuseport; location / { proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection ""; } }`
  const user = process.getuid?.() === 0 ? 'user root;' : ''
  await writeFile(
    join(dir, 'nginx.conf'),
    `daemon off; ${user} pid tmp/nginx.pid; error_log stderr warn; worker_processes 2; worker_shutdown_timeout 2s; events { worker_connections 1024; }
http { access_log off; ${temp} keepalive_timeout 3600s; upstream up { server 127.0.0.1:${upstream}; keepalive 32; } ${server} }`,
  )
  const child = spawn(binary.path, ['-p', dir, '-c', 'nginx.conf'], { stdio: 'ignore' })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  await until('the plain nginx answers', async () => (await send(port, '/')).status === 200)
  return {
    pid: child.pid ?? 0,
    port,
    stop: async () => {
      child.kill('SIGTERM')
      await exited
      await rm(dir, { recursive: true, force: true })
    },
  }
}

const workersOf = async (pid: number): Promise<string[]> =>
  (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ').filter(Boolean)

/** Clients with kept connections that ask one request after another, and ask again once when a connection breaks. */
function startClients(port: number, count: number): { stop(): Promise<{ requests: number; broken: number; failed: number }> } {
  const counts = { requests: 0, broken: 0, failed: 0 }
  let over = false
  const client = async (): Promise<void> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const ask = () =>
      send(port, '/', { agent }).then(
        ({ status }) => status === 200,
        () => false,
      )
    while (!over) {
      counts.requests++
      if (!(await ask())) {
        counts.broken++
        if (!(await ask())) counts.failed++
      }
      await delay(2)
    }
    agent.destroy()
  }
  const all = Array.from({ length: count }, client)
  return {
    stop: async () => {
      over = true
      await Promise.all(all)
      return counts
    },
  }
}

/** One reload; resolves when nobody of the old workers is left. */
async function hup(pid: number): Promise<void> {
  const old = await workersOf(pid)
  process.kill(pid, 'SIGHUP')
  await until('only new workers are left', async () => {
    const now = await workersOf(pid)
    return now.length === 2 && now.every((worker) => !old.includes(worker))
  })
}

/**
 * Reloads nginx with a tree of sluice, and a plain one, again and again under load on kept connections. A client that asks again loses nothing on either, and
 * the old workers are gone within their time. Resolves with the requests whose connection broke, which is what a reload of nginx costs.
 */
export async function hups(times: number): Promise<{ ours: number; plain: number; requests: number }> {
  const echo = await startEcho()
  const port = await freePort()
  const text = `version: 1\nlisteners: {public: {port: ${port}, address: 127.0.0.1}}\nservices: {app: {endpoints: ["127.0.0.1:${echo.port}"]}}\nroutes: {all: {match: {path: /*}, to: app}}\n`
  const [nginx, plain] = [await startNginx(await compileText(text), { drainMs: 2_000 }), await startPlain(echo.port)]
  const clients = [startClients(port, 8), startClients(plain.port, 8)]
  for (let time = 0; time < times; time++) {
    await hup(nginx.process.pid ?? 0)
    await hup(plain.pid)
    echo.seen.length = 0
  }
  const [ours, control] = await Promise.all(clients.map((one) => one.stop()))
  await Promise.all([nginx.stop(), plain.stop()])
  await echo.close()
  expect([ours?.failed, control?.failed]).toEqual([0, 0])
  expect(nginx.output()).not.toMatch(/\[(error|crit|alert|emerg)\]/)
  return { ours: ours?.broken ?? 0, plain: control?.broken ?? 0, requests: ours?.requests ?? 0 }
}
