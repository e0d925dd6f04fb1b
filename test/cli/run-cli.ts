import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { main } from '../../src/cli.ts'

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv
  readonly stdin?: string
  readonly isTTY?: boolean
  /** Every write of a result throws: stands for a mistake inside a verb. */
  readonly brokenStdout?: boolean
}

/** A directory with files, and the command line running in it. */
export interface Workplace extends AsyncDisposable {
  readonly dir: string
  path(file: string): string
  write(file: string, text: string): Promise<void>
  run(argv: readonly string[], options?: RunOptions): Promise<Ran>
}

export async function workplace(files: Readonly<Record<string, string>> = {}): Promise<Workplace> {
  const dir = await mkdtemp(join(tmpdir(), 'sluice-cli-'))
  const write = async (file: string, text: string): Promise<void> => {
    await mkdir(dirname(join(dir, file)), { recursive: true })
    await writeFile(join(dir, file), text)
  }
  for (const [file, text] of Object.entries(files)) await write(file, text)
  return {
    dir,
    path: (file) => join(dir, file),
    write,
    run: (argv, options = {}) => runIn(dir, argv, options),
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }),
  }
}

async function runIn(dir: string, argv: readonly string[], { env = {}, stdin = '', isTTY = false, brokenStdout = false }: RunOptions): Promise<Ran> {
  const [out, err]: [string[], string[]] = [[], []]
  const write = (text: string): void => {
    if (brokenStdout) throw new Error('stdout is broken')
    out.push(text)
  }
  const code = await main(argv, {
    stdout: { write },
    stderr: { write: (text) => err.push(text) },
    stdin: (async function* () {
      yield Buffer.from(stdin)
    })(),
    env,
    cwd: dir,
    isTTY,
  })
  return { code, stdout: out.join(''), stderr: err.join('') }
}

export const good = `version: 1
listeners: {public: {port: 8080}}
routes:
  hello: {match: {path: /hello}, respond: {status: 200, text: hello}}
`

/** One warning and no error. */
export const withWarning = `${good}services: {idle: {endpoints: ["127.0.0.1:9000"]}}\n`

/** One error. */
export const withError = good.replace('respond: {status: 200, text: hello}', 'to: nowhere')
