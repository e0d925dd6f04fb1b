/**
 * Lets gixy look for mistakes in the nginx.conf of every example and of every golden case that nginx can do, for each profile; ends with 1 when it finds one.
 * gixy comes from PyPI once, pinned, into a Python environment in the cache.
 */
import { execFile } from 'node:child_process'
import { existsSync, globSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Compiler } from '../src/compile.ts'
import { cacheDir } from '../src/engine/cache-dir.ts'
import { nginxConf, type Profile } from '../src/nginx/conf.ts'

const run = promisify(execFile)
const root = fileURLToPath(new URL('..', import.meta.url))
const requirements = ['gixy-ng==0.2.59', 'ngxparse==0.5.16', 'ConfigArgParse==1.9.0', 'Jinja2==3.1.6', 'MarkupSafe==3.0.4']
const profiles: readonly Profile[] = ['debian-1.22', 'debian-1.26', 'openresty-1.27']
const files = [
  ...globSync('{gateway.yaml,examples/*.yaml,examples/*/gateway.yaml}', { cwd: root }),
  ...globSync('test/features/*/*/gateway.yaml', { cwd: root }),
].sort()

/** A target of the client's choice: what a gixy that works must find. */
const planted = 'events {}\nhttp { server { listen 127.0.0.1:80; location / { proxy_pass http://$http_x_target; } } }\n'

interface Issue {
  readonly path: string
  readonly plugin: string
  readonly summary: string
}

async function main(): Promise<number> {
  const gixy = await install()
  const dir = await mkdtemp(join(tmpdir(), 'sluice-gixy-'))
  try {
    await writeFile(join(dir, 'planted.conf'), planted)
    if ((await issuesIn(gixy, [join(dir, 'planted.conf')])).length === 0) throw new Error('gixy finds nothing in a file that is wrong')
    const written = await writeConfs(dir)
    const issues = await issuesIn(gixy, [...written.keys()])
    for (const { path, plugin, summary } of issues) console.log(`${written.get(path) ?? path}: ${plugin}: ${summary}`)
    console.log(`gixy: ${issues.length} problems in ${written.size} different nginx.conf of ${files.length} configurations`)
    return issues.length === 0 && written.size > 0 ? 0 : 1
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

/** Equal texts are written once; each path with the configuration and profile that it came from first. */
async function writeConfs(dir: string): Promise<Map<string, string>> {
  const texts = new Map<string, string>()
  for (const file of files) {
    const { good } = await new Compiler(relative(process.cwd(), join(root, file)), { target: 'nginx', env: {} }).compile()
    if (!good) continue // an invalid case, or one that only Envoy can do
    for (const profile of profiles) {
      const text = nginxConf(good.start, { profile, dir: '/srv/gateway' })
      if (!texts.has(text)) texts.set(text, `${file} (${profile})`)
    }
  }
  const paths = new Map<string, string>()
  for (const [text, from] of texts) {
    const path = join(dir, `${paths.size}.conf`)
    await writeFile(path, text)
    paths.set(path, from)
  }
  return paths
}

/** gixy ends with 1 when it has found something; what it says as JSON is what counts. */
async function issuesIn(gixy: string, paths: readonly string[]): Promise<readonly Issue[]> {
  const said = await run(gixy, ['-f', 'json', ...paths], { maxBuffer: 2 ** 26 }).catch((error: unknown) => {
    if (typeof error === 'object' && error !== null && 'stdout' in error && String(error.stdout).trim() !== '')
      return { stdout: String(error.stdout) }
    throw error
  })
  return JSON.parse(said.stdout) as readonly Issue[]
}

async function install(): Promise<string> {
  const home = join(cacheDir(), `gixy-${requirements[0]?.split('==')[1]}`)
  const gixy = join(home, 'bin/gixy')
  const done = join(home, 'complete')
  if (existsSync(done)) return gixy
  await rm(home, { recursive: true, force: true })
  await mkdir(cacheDir(), { recursive: true })
  await run('python3', ['-m', 'venv', home])
  await run(join(home, 'bin/pip'), ['install', '--quiet', '--disable-pip-version-check', '--no-deps', ...requirements], { timeout: 300_000 })
  await writeFile(done, '')
  return gixy
}

process.exitCode = await main()
