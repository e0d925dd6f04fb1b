import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { EngineUnavailable } from '../../src/engine/engine-unavailable.ts'
import { findNginx, installNginx } from '../../src/engine/nginx-install.ts'

let dir: string
let env: NodeJS.ProcessEnv
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sluice-install-'))
  await mkdir(join(dir, 'bin'))
  env = { PATH: join(dir, 'bin'), SLUICE_CACHE: join(dir, 'cache') }
})
afterEach(() => rm(dir, { recursive: true, force: true }))

async function program(name: string, text: string): Promise<void> {
  await writeFile(join(dir, 'bin', name), `#!/bin/sh\n${text}\n`)
  await chmod(join(dir, 'bin', name), 0o755)
}

/** Why nothing was installed; a machine with an nginx of its own has nothing to install. */
async function refusal(): Promise<string> {
  if (await findNginx(env)) return 'nginx is a part of this system'
  const error = await installNginx(() => {}, env).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(EngineUnavailable)
  expect((await readdir(join(dir, 'cache'))).filter((name) => !name.endsWith('.lock'))).toEqual([])
  return String(error)
}

const otherWays = /\nOr give it one yourself: apt install nginx libnginx-mod-http-lua lua-cjson \(Debian 12\), or OpenResty/
const orPresent = (words: RegExp): RegExp => new RegExp(`${words.source}|^nginx is a part of this system$`)

describe('fetching nginx', () => {
  it('says so where there is no apt, and what else can be done', async () => {
    const said = await refusal()
    expect(said).toMatch(orPresent(/could not fetch nginx: apt-get is not there; only Debian and its relatives have it\./))
    expect(said).toMatch(orPresent(otherWays))
  })

  it('passes on what apt says, and leaves nothing behind', async () => {
    await program('apt-get', `echo "E: Unable to locate package nginx" >&2; exit 100`)
    expect(await refusal()).toMatch(orPresent(/could not fetch nginx: apt says: E: Unable to locate package nginx/))
  })

  it('keeps nothing that does not run', async () => {
    await program('apt-get', 'case "$*" in *download*) : >nginx.deb;; esac')
    await program('dpkg-deb', '/bin/mkdir -p "$3/usr/sbin"; echo "#!/bin/false" >"$3/usr/sbin/nginx"; /bin/chmod +x "$3/usr/sbin/nginx"')
    expect(await refusal()).toMatch(orPresent(/the nginx that was downloaded does not run here with its Lua module/))
  })
})
