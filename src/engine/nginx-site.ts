import { readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileAtomically } from '../lib/write-file-atomically.ts'
import { adminSocket, type ConfOptions, pidFile } from '../nginx/conf.ts'
import { startBetween } from '../nginx/needs-reload.ts'
import type { Start } from '../nginx/start.ts'
import { documentText, type State } from '../nginx/state.ts'
import { deltasPath, documentPath, makeTree, type RuntimeFiles } from '../nginx/tree.ts'
import { readStart, startText } from '../nginx/start-text.ts'
import { writeTree } from '../nginx/write-tree.ts'
import { type NginxAdmin, nginxAdmin } from './nginx-admin.ts'
import type { NginxBinary } from './nginx-install.ts'
import { reloadTree } from './nginx-reload.ts'
import { type NginxVerdict, validateWithNginx } from './nginx-validate.ts'
import { checkPorts, PortTaken } from './port-check.ts'

/** One nginx on this machine: the tree that it runs, its admin socket and its process, whoever started it. */
export interface NginxSite {
  readonly dir: string
  readonly binary: NginxBinary
  readonly admin: NginxAdmin
  /** The start model of the tree, and whether the nginx that runs has read it; undefined when there is no tree of this version here. */
  start(): Promise<{ readonly start: Start; readonly loaded: boolean } | undefined>
  /** Process id of the master, from its pid file; undefined when none runs. */
  pid(): Promise<number | undefined>
  /** Writes the whole tree, for an nginx that does not run. When `nginx -t` refuses it, the tree of before stays byte for byte. */
  write(start: Start, state: State): Promise<NginxVerdict>
  /** Brings a start model into force in the nginx that runs; when it is refused, the old one goes on and its file stays byte for byte. */
  reload(before: Start | undefined, after: Start, state: State): Promise<NginxVerdict & { readonly start: Start }>
}

export interface SiteOptions extends Pick<ConfOptions, 'user' | 'workers' | 'drainMs'> {
  /** Absolute directory of the tree. */
  readonly dir: string
  readonly binary: NginxBinary
  readonly runtime: RuntimeFiles
}

/** What of the tree the control plane keeps beside nginx.conf: what it was made of. */
const startFile = 'start.json'

export function nginxSite({ dir, binary, runtime, ...more }: SiteOptions): NginxSite {
  const { profile, modules, luaPath, luaCpath } = binary
  const conf: ConfOptions = { profile, dir, ...(modules && { modules }), ...(luaPath && { luaPath }), ...(luaCpath && { luaCpath }), ...more }
  const treeOf = (start: Start, state: State) => makeTree(start, state, runtime, conf)
  const path = (file: string): string => join(dir, file)
  const keep = (start: Start): Promise<void> => writeFileAtomically(path(startFile), startText(start), 0o644)
  const pid = async (): Promise<number | undefined> => masterIn(await textOf(path(pidFile)))
  return {
    dir,
    binary,
    admin: nginxAdmin(path(adminSocket)),
    pid,
    async start() {
      const start = readStart(await textOf(path(startFile)))
      if (!start) return undefined
      const [now, started, written] = await Promise.all(['nginx.conf', pidFile, startFile].map((file) => changedAt(path(file))))
      if (now === undefined || written === undefined || !(await sameFiles(dir, start, treeOf))) return undefined
      return { start, loaded: now <= Math.max(started ?? 0, written) }
    },
    async write(start, state) {
      const tree = treeOf(start, state)
      const next = tree.get('nginx.conf')
      if (!next) throw new Error('a tree has an nginx.conf')
      const before = new Map(tree)
      before.delete('nginx.conf')
      before.delete(documentPath)
      await writeTree(dir, before)
      await writeFileAtomically(path('nginx.conf.next'), next.text, next.mode)
      const verdict = await validateWithNginx(binary, dir, { conf: 'nginx.conf.next' }).finally(() => rm(path('nginx.conf.next'), { force: true }))
      if (!verdict.ok) return verdict
      await keep(start)
      await writeFileAtomically(path(documentPath), documentText(state), 0o600)
      await rm(path(deltasPath), { force: true })
      await writeFileAtomically(path('nginx.conf'), next.text, next.mode)
      return verdict
    },
    async reload(before, after, state) {
      const start = before ? startBetween(before, after) : after
      const master = await pid()
      if (master === undefined) return { ok: false, message: `no nginx runs in ${dir}`, start }
      const taken = await portProblem(before, after)
      if (taken !== undefined) return { ok: false, message: taken, start }
      const tree = treeOf(start, state)
      await writeTree(dir, new Map([...tree].filter(([file]) => file.startsWith('lua/'))))
      const verdict = await reloadTree({ binary, dir, pid: master }, tree)
      if (verdict.ok) await keep(start)
      return { ...verdict, start }
    },
  }
}

/** nginx would share a port with another process of the same user without a word, and says nothing in `-t` about one of another user. */
async function portProblem(before: Start | undefined, after: Start): Promise<string | undefined> {
  const open = new Set(before?.listeners.map(({ port }) => port))
  // A port that nginx itself has on one address can be opened on another; those of an nginx that was started by somebody else are not known.
  const fresh = before ? after.listeners.filter(({ port }) => !open.has(port)) : []
  try {
    await checkPorts(fresh.map(({ name, address, port }) => ({ listener: name, address, port })))
    return undefined
  } catch (error) {
    if (error instanceof PortTaken) return error.message
    throw error
  }
}

/** Whether nginx.conf and the runtime in the directory are those that this version makes of the start model. */
async function sameFiles(dir: string, start: Start, treeOf: (start: Start, state: State) => ReturnType<typeof makeTree>): Promise<boolean> {
  for (const [file, { text }] of treeOf(start, { version: '', lines: new Map() })) {
    if ((file === 'nginx.conf' || file.startsWith('lua/')) && (await textOf(join(dir, file))) !== text) return false
  }
  return true
}

/** The process of a pid file, if it is alive. */
function masterIn(text: string): number | undefined {
  const pid = Number(text.trim())
  if (!Number.isInteger(pid) || pid <= 0) return undefined
  try {
    process.kill(pid, 0)
    return pid
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM' ? pid : undefined
  }
}

/** Nothing for a file that is not there or cannot be read. */
function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '')
}

function changedAt(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => undefined,
  )
}
