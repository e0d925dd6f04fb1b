import { execFile } from 'node:child_process'
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * Downloads Debian packages with apt and unpacks them below `dir/root`. apt checks their signatures; it runs with directories of its own below `dir`,
 * so that it needs no root rights and installs nothing. Rejects with a sentence that says what is missing.
 */
export async function fetchPackages(names: readonly string[], dir: string, env: NodeJS.ProcessEnv = process.env): Promise<void> {
  const debs = join(dir, 'debs')
  await mkdir(debs, { recursive: true })
  const fresh = await privateDirs(dir)
  // Lists that the system has are enough, and save the time of fetching them; without them, or when they are stale, apt gets its own.
  await apt(['download', ...names], debs, env).catch(async () => {
    await apt([...fresh, 'update'], debs, env)
    await apt([...fresh, 'download', ...names], debs, env)
  })
  for (const file of await readdir(debs)) {
    if (file.endsWith('.deb')) await run('dpkg-deb', ['-x', join(debs, file), join(dir, 'root')], { env })
  }
}

async function privateDirs(dir: string): Promise<string[]> {
  for (const part of ['state/lists/partial', 'cache/archives/partial']) await mkdir(join(dir, part), { recursive: true })
  return ['-o', `Dir::State=${join(dir, 'state')}`, '-o', `Dir::Cache=${join(dir, 'cache')}`, '-o', 'Dir::State::status=/var/lib/dpkg/status']
}

async function apt(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<void> {
  await run('apt-get', ['-q', '-o', 'APT::Sandbox::User=', '-o', 'Acquire::Retries=2', ...args], { cwd, env, timeout: 300_000 }).catch(
    (error: unknown) => {
      throw new Error(reason(error))
    },
  )
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if ('code' in error && error.code === 'ENOENT') return 'apt-get is not there; only Debian and its relatives have it.'
  const output = 'stderr' in error ? String(error.stderr) : ''
  const told = output.split('\n').filter((line) => line.startsWith('E:'))
  return told.length > 0 ? `apt says: ${told.join(' ')}` : `apt-get failed (${error.message.split('\n')[0]})`
}
