/**
 * Prints the path of Debian 13's nginx (1.26, Lua module 0.10.28), unpacked into the cache with its own libc, so that it runs on older systems too:
 *
 *     NGINX_BIN=$(node scripts/newer-nginx.ts) npx vitest run test/nginx
 *
 * Nothing else depends on it. It takes the mirror of the system's apt, whose keys check the packages.
 */
import { execFile } from 'node:child_process'
import { existsSync, globSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cacheDir } from '../src/engine/cache-dir.ts'
import { findNginx } from '../src/engine/nginx-install.ts'

const run = promisify(execFile)
const release = 'trixie'
const keys = '/usr/share/keyrings/debian-archive-keyring.gpg'
const packages = [
  ...['nginx', 'libnginx-mod-http-lua', 'libnginx-mod-http-ndk', 'lua-resty-core', 'lua-resty-lrucache', 'lua-cjson', 'libluajit-5.1-2'],
  ...['libc6', 'libcrypt1', 'libgcc-s1', 'libpcre2-8-0', 'libssl3t64', 'libzstd1', 'zlib1g'],
]

const launcher = `#!/bin/sh
root=$(dirname "$(readlink -f "$0")")
for libs in "$root"/usr/lib/*-linux-gnu; do break; done
for loader in "$libs"/ld-linux-*; do break; done
exec "$loader" --library-path "$libs" "$root/usr/sbin/nginx" "$@"
`

async function main(): Promise<string> {
  const root = join(cacheDir(), `nginx-${release}-${process.arch}`)
  const path = join(root, 'nginx')
  if (!existsSync(path)) {
    await mkdir(cacheDir(), { recursive: true })
    const scratch = await mkdtemp(`${root}.fetch-`)
    try {
      await fetchInto(scratch)
      await writeFile(join(scratch, 'root/nginx'), launcher, { mode: 0o755 })
      await rename(join(scratch, 'root'), root)
    } finally {
      await rm(scratch, { recursive: true, force: true })
    }
  }
  const found = await findNginx({ ...process.env, NGINX_BIN: path })
  process.stderr.write(`nginx ${found?.version} with the profile ${found?.profile}\n`)
  return path
}

/** apt with directories of its own: it installs nothing and needs no rights. */
async function fetchInto(dir: string): Promise<void> {
  for (const part of ['state/lists/partial', 'cache/archives/partial', 'debs']) await mkdir(join(dir, part), { recursive: true })
  await writeFile(join(dir, 'sources.list'), `deb [signed-by=${keys}] ${await mirror()} ${release} main\n`)
  await writeFile(join(dir, 'status'), '')
  const places = { 'Dir::State': 'state', 'Dir::Cache': 'cache', 'Dir::State::status': 'status', 'Dir::Etc::sourcelist': 'sources.list' }
  const options = Object.entries(places).flatMap(([name, part]) => ['-o', `${name}=${join(dir, part)}`])
  const apt = (...args: string[]) =>
    run('apt-get', ['-q', '-o', 'APT::Sandbox::User=', '-o', 'Dir::Etc::sourceparts=/dev/null', ...options, ...args], { cwd: join(dir, 'debs') })
  await apt('update')
  await apt('download', ...packages)
  for (const file of await readdir(join(dir, 'debs'))) await run('dpkg-deb', ['-x', join(dir, 'debs', file), join(dir, 'root')])
  if (globSync('usr/lib/*-linux-gnu/ld-linux-*', { cwd: join(dir, 'root') }).length === 0) throw new Error('the packages hold no loader')
}

/** Where the system's apt gets Debian's packages from. */
async function mirror(): Promise<string> {
  const { stdout } = await run('apt-get', ['indextargets', '--format', '$(ORIGIN)\t$(LABEL)\t$(COMPONENT)\t$(REPO_URI)', 'Created-By: Packages'])
  const all = stdout.split('\n').map((line) => line.split('\t'))
  const uri = all.find(([origin, label, component]) => origin === 'Debian' && label === 'Debian' && component === 'main')?.[3]
  if (uri === undefined) throw new Error('apt has no list of Debian’s packages: run apt-get update first')
  return uri
}

console.log(await main())
