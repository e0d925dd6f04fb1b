import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { packageFile } from './package-file.ts'
import { exit, type ExitCode, Stop } from './exit.ts'
import { atHome } from './read-config.ts'
import { type Verb, verb, type VerbCx } from './verb.ts'
import { makeDirectory } from '../lib/make-directory.ts'

export const initVerb: Verb = (cx) =>
  verb({
    name: 'init',
    summary: 'write a small gateway.yaml that serves at once',
    examples: [
      ['init', 'in this directory; then `sluice run`'],
      ['init shop', 'in a new directory'],
    ],
    notes: 'Nothing is ever overwritten.',
  })
    .argument('[dir]', 'directory to write to', '.')
    .option('-q, --quiet', 'say nothing on stderr but errors')
    .action(async (dir: string, options: { quiet?: boolean }) => cx.exit(await init(cx, dir, options.quiet ?? false)))

async function init({ io }: VerbCx, dir: string, quiet: boolean): Promise<ExitCode> {
  const home = atHome(io, dir)
  const file = join(home, 'gateway.yaml')
  await makeDirectory(home).catch((error: unknown) => {
    throw new Stop(exit.findings, `cannot make ${home}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  })
  try {
    await writeFile(file, await readFile(packageFile('templates/init/gateway.yaml')), { flag: 'wx' })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    throw new Stop(exit.findings, `${file} is there already and stays as it is; remove it, or name another directory: sluice init DIR`)
  }
  await ignoreState(join(home, '.gitignore'))
  io.stdout.write(`${file}\n`)
  if (!quiet) io.stderr.write(`wrote ${file}\nnext: ${dir === '.' ? '' : `cd ${dir} && `}sluice run, then curl http://127.0.0.1:8080/\n`)
  return exit.ok
}

/** The state of a running gateway does not belong into git. */
async function ignoreState(path: string): Promise<void> {
  const line = '.sluice/'
  const before = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  if (before.split(/\r?\n/).includes(line)) return
  await writeFile(path, `${before === '' || before.endsWith('\n') ? before : `${before}\n`}${line}\n`)
}
