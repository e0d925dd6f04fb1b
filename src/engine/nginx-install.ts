import { execFile } from 'node:child_process'
import { access, constants, mkdir, mkdtemp, readdir, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { contentHash } from '../lib/content-hash.ts'
import type { Profile } from '../nginx/conf.ts'
import { fetchPackages } from './apt-fetch.ts'
import { cacheDir } from './cache-dir.ts'
import { EngineUnavailable } from './engine-unavailable.ts'
import { tryLock } from './file-lock.ts'

const run = promisify(execFile)

/** An nginx with the Lua module, and what its configuration and its environment must say so that it finds its parts. */
export interface NginxBinary {
  readonly path: string
  readonly from: 'NGINX_BIN' | 'PATH' | 'cache'
  readonly profile: Profile
  /** Such as `1.22.1` or `1.27.1.1`. */
  readonly version: string
  /** Directory of dynamic modules; only with `debian-1.22`. */
  readonly modules?: string
  readonly luaPath?: string
  readonly luaCpath?: string
}

/** Debian's packages that make up an nginx with Lua, beyond what every system has. */
const packages = [
  ...['nginx', 'libnginx-mod-http-lua', 'libnginx-mod-http-ndk', 'lua-resty-core', 'lua-resty-lrucache', 'lua-cjson'],
  ...['libluajit2-5.1-2', 'libpcre3', 'libpcre2-8-0', 'libssl3'],
]

const otherWays =
  'Or give it one yourself: apt install nginx libnginx-mod-http-lua lua-cjson (Debian 12), or OpenResty 1.27 or later, on PATH or in NGINX_BIN.'

/** Where packages put it that does not have to be on PATH. */
const usualPlaces = ['/usr/local/openresty/bin', '/usr/local/openresty/nginx/sbin', '/usr/sbin', '/usr/local/sbin']

/** Finds an nginx with Lua without downloading: `NGINX_BIN`, PATH (OpenResty first), then the cache. Rejects when `NGINX_BIN` cannot be used. */
export async function findNginx(env: NodeJS.ProcessEnv = process.env): Promise<NginxBinary | undefined> {
  if (env['NGINX_BIN']) {
    const chosen = await inspect(env['NGINX_BIN'], 'NGINX_BIN')
    if (!chosen)
      throw new EngineUnavailable(`NGINX_BIN names ${env['NGINX_BIN']}, which is no nginx ≥ 1.22 with the Lua module and no OpenResty ≥ 1.27`)
    return chosen
  }
  const dirs = [...(env['PATH'] ?? '').split(delimiter).filter((dir) => dir !== ''), ...usualPlaces]
  for (const name of ['openresty', 'nginx']) {
    for (const dir of dirs) {
      const found = await inspect(join(dir, name), 'PATH')
      if (found) return found
    }
  }
  const root = cachedRoot(env)
  return inspect(join(root, launcher), 'cache')
}

/**
 * Finds nginx, or downloads Debian's packages with apt (into directories of its own: no root rights, nothing is installed) and unpacks them into
 * the cache. Of several processes that install at once, one downloads. Rejects with EngineUnavailable.
 */
export async function installNginx(say: (line: string) => void = () => {}, env: NodeJS.ProcessEnv = process.env): Promise<NginxBinary> {
  const found = await findNginx(env)
  if (found) return found
  const root = cachedRoot(env)
  await mkdir(dirname(root), { recursive: true })
  const unlock = await waitForLock(`${root}.lock`)
  try {
    const meanwhile = await inspect(join(root, launcher), 'cache')
    if (meanwhile) return meanwhile
    say('fetching nginx with the Lua module (about 5 MB of Debian packages, once)')
    const scratch = await mkdtemp(`${root}.fetch-`)
    try {
      await fetchPackages(packages, scratch, env).catch((error: unknown) => {
        throw new EngineUnavailable(`could not fetch nginx: ${error instanceof Error ? error.message : String(error)}\n${otherWays}`)
      })
      const unpacked = join(scratch, 'root')
      await writeLauncher(unpacked)
      if (!(await inspect(join(unpacked, launcher), 'cache'))) {
        throw new EngineUnavailable(`the nginx that was downloaded does not run here with its Lua module.\n${otherWays}`)
      }
      await rm(root, { recursive: true, force: true })
      await rename(unpacked, root) // whole or not at all
    } finally {
      await rm(scratch, { recursive: true, force: true })
    }
  } finally {
    await unlock()
  }
  const installed = await inspect(join(root, launcher), 'cache')
  if (!installed) throw new EngineUnavailable(`nginx was unpacked into ${root}, but cannot be used.\n${otherWays}`)
  return installed
}

/** Looks at a binary: undefined when it is not there, too old, or without Lua. */
async function inspect(path: string, from: NginxBinary['from']): Promise<NginxBinary | undefined> {
  if (!(await executable(path))) return undefined
  const root = await rootOf(path)
  const said = await run(path, ['-V'], { timeout: 10_000 }).catch(() => undefined)
  const [, flavour, version] = /nginx version: (openresty|nginx)\/([\d.]+)/.exec(`${said?.stdout ?? ''}${said?.stderr ?? ''}`) ?? []
  if (version === undefined) return undefined
  if (flavour === 'openresty') return atLeast(version, [1, 27]) ? { path, from, profile: 'openresty-1.27', version } : undefined
  if (!atLeast(version, [1, 22])) return undefined
  const own = {
    luaPath: join(root, 'usr/share/lua/5.1/?.lua'),
    luaCpath: (await libraryDirs(root)).map((dir) => join(root, dir, 'lua/5.1/?.so')).join(';'),
  }
  const binary: NginxBinary = {
    ...{ path, from, profile: 'debian-1.22', version, modules: join(root, 'usr/lib/nginx/modules') },
    ...(root === '/' ? {} : own),
  }
  if (atLeast(version, [1, 25]) && (await runsLua(binary, 10_027))) return { ...binary, profile: 'debian-1.26' }
  return (await runsLua(binary)) ? binary : undefined
}

/** Asks nginx itself: the module must load, be of that version or later (10027 is 0.10.27), and find its Lua libraries. */
async function runsLua({ path, modules, luaPath, luaCpath }: NginxBinary, least = 0): Promise<boolean> {
  const dir = await mkdtemp(join(tmpdir(), 'sluice-nginx-'))
  const search = `lua_package_path "${luaPath ?? ''};;"; lua_package_cpath "${luaCpath ?? ''};;";`
  const conf = `load_module ${modules}/ndk_http_module.so; load_module ${modules}/ngx_http_lua_module.so;
pid ${dir}/pid; error_log stderr; events {} http { access_log off; ${search} init_by_lua_block { require("resty.core") require("cjson.safe") assert(ngx.config.ngx_lua_version >= ${least}) } }`
  try {
    await writeFile(join(dir, 'nginx.conf'), conf)
    await run(path, ['-t', '-q', '-p', dir, '-c', 'nginx.conf'], { timeout: 10_000 })
    return true
  } catch {
    return false // whoever asks says what can be done
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

function atLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [a = 0, b = 0] = version.split('.').map(Number)
  return a > major || (a === major && b >= minor)
}

/** Starts the unpacked nginx with the libraries that were unpacked beside it, so that whoever knows this one path can run it. */
const launcher = 'nginx'

/** Where the packages of a binary were unpacked: beside a launcher, else in the system. */
async function rootOf(path: string): Promise<string> {
  const beside = dirname(await realpath(path))
  return (await executable(join(beside, 'usr/sbin/nginx'))) ? beside : '/'
}

async function writeLauncher(root: string): Promise<void> {
  const libs = (await libraryDirs(root)).map((dir) => `$root/${dir}`).join(':')
  const lines = ['#!/bin/sh', 'root=$(dirname "$(readlink -f "$0")")', `export LD_LIBRARY_PATH="${libs}"`, 'exec "$root/usr/sbin/nginx" "$@"', '']
  await writeFile(join(root, launcher), lines.join('\n'), { mode: 0o755 })
}

/** `usr/lib/x86_64-linux-gnu` or that of another machine, relative to the root; some packages still use `lib`. */
async function libraryDirs(root: string): Promise<string[]> {
  if (root === '/') return []
  const found = await Promise.all(
    ['usr/lib', 'lib'].map(async (dir) => {
      const names = await readdir(join(root, dir)).catch(() => [])
      return names.filter((name) => name.endsWith('-linux-gnu')).map((name) => join(dir, name))
    }),
  )
  return found.flat()
}

function cachedRoot(env: NodeJS.ProcessEnv): string {
  return join(cacheDir(env), `nginx-lua-${process.arch}-${contentHash([launcher, ...packages].join(' ')).slice(0, 12)}`)
}

async function waitForLock(path: string): Promise<() => Promise<void>> {
  for (;;) {
    const lock = await tryLock(path)
    if (typeof lock === 'function') return lock
    await delay(100)
  }
}

async function executable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}
