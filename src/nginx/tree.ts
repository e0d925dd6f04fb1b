import type { ConfOptions } from './conf.ts'
import { nginxConf, trustPath } from './conf.ts'
import type { Start } from './start.ts'
import { documentText, type State } from './state.ts'

/** Files that do not depend on the gateway: the Lua runtime (`lua/…`) and the certificate that is never served. Paths are relative to the tree. */
export type RuntimeFiles = ReadonlyMap<string, string>

/** One file of the tree. */
export interface TreeFile {
  readonly text: string
  /** 0600 for what may hold secrets, else 0644. */
  readonly mode: number
}

/** Where the workers keep the last good document; they write it anew after each change. */
export const documentPath = 'state/data.jsonl'

/** Changes since that document, which only the workers write. */
export const deltasPath = 'state/deltas'

/** Says which directory the tree was made for, and which files it consists of. Its presence tells a tree of sluice from other nginx directories. */
export const manifestPath = 'tree.json'

/** Directories that must exist beside the files, with their modes. Only who may enter `run` reaches the admin socket. */
export const treeDirectories: ReadonlyMap<string, number> = new Map([
  ['run', 0o700],
  ['state', 0o700],
  ['logs', 0o755],
  ['tmp', 0o755],
])

/** The complete tree, by relative path: `nginx -p DIR -c nginx.conf` runs it. Equal input gives equal bytes. */
export function makeTree(start: Start, state: State, runtime: RuntimeFiles, options: ConfOptions): Map<string, TreeFile> {
  const files = new Map<string, TreeFile>([
    ['nginx.conf', { text: nginxConf(start, options), mode: 0o644 }],
    [documentPath, { text: documentText(state), mode: 0o600 }],
  ])
  for (const [path, text] of runtime) files.set(path, { text, mode: path.endsWith('.key') ? 0o600 : 0o644 })
  for (const [name, trust] of start.trusts) if (typeof trust !== 'string') files.set(trustPath(name), { text: trust.pem, mode: 0o644 })
  if (options.profile === 'openresty-1.27') for (const [path, file] of forOpenresty(files)) files.set(path, file)
  if (options.dir !== undefined) files.set(manifestPath, { text: manifest(options.dir, [...files.keys()]), mode: 0o644 })
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/**
 * `openresty -p DIR` alone reads `conf/nginx.conf`, and looks beside that file for certificates, wherever the file that it includes lies. Debian's nginx
 * has an absolute path for its own file, so there `-c` must be said.
 */
function forOpenresty(files: ReadonlyMap<string, TreeFile>): [string, TreeFile][] {
  const certificates = [...files].filter(([path]) => /^(trust\/|placeholder\.)/.test(path))
  return [
    ['conf/nginx.conf', { text: 'include ../nginx.conf;\n', mode: 0o644 }],
    ...certificates.map(([path, file]): [string, TreeFile] => [`conf/${path}`, file]),
  ]
}

function manifest(dir: string, files: readonly string[]): string {
  return `${JSON.stringify({ format: 1, dir, files: files.toSorted() }, null, 2)}\n`
}
