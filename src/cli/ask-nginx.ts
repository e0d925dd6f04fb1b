import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Diagnostic } from '../diagnostics/diagnostic.ts'
import type { NginxBinary } from '../engine/nginx-install.ts'
import { confOptionsOf } from '../engine/nginx-options.ts'
import { validateWithNginx } from '../engine/nginx-validate.ts'
import { productOf } from '../nginx/conf.ts'
import type { ForNginx } from '../nginx/emit.ts'
import { readRuntimeFiles } from '../nginx/runtime-files.ts'
import { makeTree } from '../nginx/tree.ts'
import { writeTree } from '../nginx/write-tree.ts'
import { finding } from './report.ts'

/** What a real nginx says about a configuration, as findings: `nginx -t` on the tree in a directory of its own, which opens no port. */
export async function askNginx(binary: NginxBinary, { start, state }: ForNginx): Promise<Diagnostic[]> {
  const dir = await mkdtemp(join(tmpdir(), 'sluice-nginx-'))
  try {
    await writeTree(dir, makeTree(start, state, await readRuntimeFiles(), { ...confOptionsOf(binary), dir, ...ownUser() }))
    const verdict = await validateWithNginx(binary, dir)
    if (verdict.ok) return []
    const help = 'when it names nothing of this machine, it is a gap in the checks of sluice: please report it with the configuration'
    return [
      finding('nginx/refused-configuration', `${productOf(binary.profile)} ${binary.version} refuses the configuration: ${verdict.message}`, help),
    ]
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

/** Started by root, nginx gives its directories to another user, who need not exist where the tree is only tested. */
function ownUser(): { readonly user?: string } {
  return process.getuid?.() === 0 ? { user: 'root' } : {}
}
