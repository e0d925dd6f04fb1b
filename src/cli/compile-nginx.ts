import { existsSync } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { basename, delimiter, dirname, isAbsolute, join, resolve } from 'node:path'
import type { Compiled } from '../compile.ts'
import { findNginx, type NginxBinary } from '../engine/nginx-install.ts'
import { confOptionsOf } from '../engine/nginx-options.ts'
import { adminSocket, type ConfOptions, productOf, type Profile } from '../nginx/conf.ts'
import { replaceTree } from '../nginx/replace-tree.ts'
import { readRuntimeFiles } from '../nginx/runtime-files.ts'
import { makeTree, manifestPath } from '../nginx/tree.ts'
import { askNginx } from './ask-nginx.ts'
import { exit, type ExitCode, Stop } from './exit.ts'
import type { Io } from './io.ts'
import { compileFile, goodOf } from './read-config.ts'
import { jsonReport, stopOnFindings, writeJson } from './report.ts'
import { resolveNames } from './resolve-names.ts'
import type { ConfigOptions } from './verb.ts'

export interface NginxCompileOptions extends ConfigOptions {
  readonly out?: string
  readonly profile?: Profile
  readonly dir?: string
}

/** `compile --target nginx`: a tree that nginx runs without sluice, or nothing at all. */
export async function compileNginx(io: Io, file: string, options: NginxCompileOptions): Promise<ExitCode> {
  if (options.out === undefined) throw new Stop(exit.usage, 'nginx runs a directory, which does not go to stdout; name it with --out DIR')
  const out = resolve(io.cwd, options.out)
  const dir = options.dir ?? (await realPath(out))
  checkDir(dir)
  const sound = await compileFile(io, file, options.env, { target: 'nginx' })
  const [made, named] = sound.good ? await namesIn(sound.good) : [undefined, []]
  const compiled = { ...sound, diagnostics: [...sound.diagnostics, ...named] }
  const stopped = stopOnFindings(io, compiled, options)
  if (stopped !== undefined) return stopped
  const good = made ?? goodOf(sound)
  const binary = await findNginx(io.env)
  const refused = binary ? await askNginx(binary, good) : []
  if (refused.length > 0) return stopOnFindings(io, { ...compiled, diagnostics: refused }, options) ?? exit.findings
  const conf = confFor(options.profile, binary)
  const tree = makeTree(good.start, good.state, await readRuntimeFiles(), { ...conf, dir })
  await put(out, tree)
  const files = [...tree].map(([path, { text }]) => ({ path: join(out, path), bytes: Buffer.byteLength(text) }))
  const tested = binary ? { path: binary.path, version: binary.version } : null
  if (options.format === 'json') writeJson(io, { ...jsonReport(compiled), target: 'nginx', out, dir, profile: conf.profile, tested, files })
  else io.stdout.write(`${out}\n`)
  if (!options.quiet) {
    const program = options.profile === undefined && binary ? programOf(binary, io.env) : productOf(conf.profile)
    io.stderr.write(
      `wrote ${out} (${files.length} files, profile ${conf.profile}); ${testedWords(binary, conf.profile)}\n${howToRun(program, dir, out)}`,
    )
  }
  return exit.ok
}

async function namesIn(good: NonNullable<Compiled<'nginx'>['good']>) {
  const [state, diagnostics] = await resolveNames(good)
  return [{ ...good, state }, diagnostics] as const
}

/** The nginx of this machine unless a profile was asked for: that stands for the packages of Debian, or of OpenResty, wherever they are installed. */
function confFor(profile: Profile | undefined, binary: NginxBinary | undefined): ConfOptions {
  if (profile !== undefined) return { profile }
  return binary ? confOptionsOf(binary) : { profile: 'debian-1.22' }
}

/** The kernel takes 107 bytes for the path of a unix socket; nginx would say so only when it starts. */
function checkDir(dir: string): void {
  if (!isAbsolute(dir)) throw new Stop(exit.usage, `--dir must be an absolute path, and ${dir} is not`)
  const socket = join(dir, adminSocket)
  if (Buffer.byteLength(socket) > 107)
    throw new Stop(exit.findings, `${socket} is longer than the 107 bytes that a socket may have: choose a shorter directory`)
}

/** The path without links, as far as it exists. */
async function realPath(path: string): Promise<string> {
  return realpath(path).catch(async () => (dirname(path) === path ? path : join(await realPath(dirname(path)), basename(path))))
}

async function put(out: string, tree: ReturnType<typeof makeTree>): Promise<void> {
  const exists = async (name: string): Promise<boolean> => (await stat(join(out, name)).catch(() => undefined)) !== undefined
  for (const file of ['nginx.conf', 'conf/nginx.conf']) {
    if (!tree.has(file) || !(await exists(file)) || (await exists(manifestPath))) continue
    throw new Stop(exit.findings, `${join(out, file)} was not written by sluice, so it stays; choose another directory or remove it`)
  }
  await replaceTree(out, tree).catch((error: unknown) => {
    throw new Stop(exit.findings, `cannot write ${out}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  })
}

/** The configuration is tested with the profile of the nginx that is here, whatever profile the tree has. */
function testedWords(binary: NginxBinary | undefined, profile: Profile): string {
  if (binary)
    return `${productOf(binary.profile)} ${binary.version} takes ${binary.profile === profile ? 'it' : `the same with the profile ${binary.profile}`}`
  return 'it was not tested, as there is no nginx with Lua here (`sluice engine install nginx` fetches one)'
}

/** What a shell of this user starts it with. */
function programOf({ from, path }: NginxBinary, env: NodeJS.ProcessEnv): string {
  if (from !== 'PATH') return '$(sluice engine path nginx)'
  const [first] = (env['PATH'] ?? '').split(delimiter).filter((dir) => existsSync(join(dir, basename(path))))
  return first === dirname(path) ? basename(path) : path
}

function howToRun(program: string, dir: string, out: string): string {
  const start = `${program} -p ${dir} -c nginx.conf`
  const where = dir === out ? '' : `it runs in ${dir} and nowhere else\n`
  return `${where}run it: ${start}\nafter another compile: ${start} -s reload\n`
}
