import { mkdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { writeFileAtomically } from '../lib/write-file-atomically.ts'
import type { TreeFile } from '../nginx/tree.ts'
import type { NginxBinary } from './nginx-install.ts'
import { type NginxVerdict, validateWithNginx } from './nginx-validate.ts'

/** A running nginx whose nginx.conf is to change. */
export interface Reloading {
  readonly binary: NginxBinary
  /** Directory of the tree that it runs. */
  readonly dir: string
  /** Process id of the master. */
  readonly pid: number
}

/**
 * Brings a new nginx.conf into force, of a tree that was made with `startBetween`: asks `nginx -t` aside, switches the file, tells the master, and
 * waits for workers with the new configuration; the old ones finish their requests. When nginx refuses it, or cannot open a port (which `nginx -t`
 * does not try), the old nginx.conf is back byte for byte and the old workers go on. The state document is not touched: send it afterwards.
 */
export async function reloadTree({ binary, dir, pid }: Reloading, tree: ReadonlyMap<string, TreeFile>, timeoutMs = 10_000): Promise<NginxVerdict> {
  const current = join(dir, 'nginx.conf')
  const next = join(dir, 'nginx.conf.next')
  const conf = tree.get('nginx.conf')
  if (!conf) throw new Error('the tree has no nginx.conf')
  // Authorities are named by their content, so that none is ever overwritten by another.
  for (const [path, { text, mode }] of tree) {
    if (!/^(conf\/)?trust\//.test(path)) continue
    await mkdir(dirname(join(dir, path)), { recursive: true })
    await writeFileAtomically(join(dir, path), text, mode)
  }
  await writeFileAtomically(next, conf.text, conf.mode)
  const verdict = await validateWithNginx(binary, dir, { conf: 'nginx.conf.next' }).catch(async (error: unknown) => {
    await rm(next, { force: true })
    throw error
  })
  if (!verdict.ok) {
    await rm(next)
    return verdict
  }
  const before = await readFile(current, 'utf8')
  const workers = await childrenOf(pid)
  await rename(next, current)
  process.kill(pid, 'SIGHUP')
  if (await newWorkers(pid, workers, timeoutMs)) return { ok: true }
  await writeFileAtomically(current, before, conf.mode)
  return { ok: false, message: 'nginx did not take the configuration over, most likely because it cannot open a port; the old one goes on' }
}

/** Whether the master has started workers that are not among `old`. */
async function newWorkers(master: number, old: readonly number[], timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs
  while (performance.now() < deadline) {
    if ((await childrenOf(master)).some((pid) => !old.includes(pid))) return true
    await delay(20)
  }
  return false
}

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return text.trim().split(' ').filter(Boolean).map(Number)
}
