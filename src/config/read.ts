import { dirname, join } from 'node:path'
import type { Diagnostic, Result } from '../diagnostics/diagnostic.ts'
import type { Source } from './config.ts'
import { FileCache } from './file-cache.ts'
import type { Files } from './files.ts'
import { nodeFiles } from './files.ts'
import { Loader } from './load-files.ts'
import { mergeFiles } from './merge-files.ts'
import { applyOverlay } from './overlay.ts'

export interface ReadOptions {
  /** How files are reached; default node:fs. */
  readonly files?: Files
  /** Keep one cache over all reads of the same gateway; default a new one. */
  readonly cache?: FileCache
  /** Name of an environment: `prod` lays `overlays/prod.yaml`, next to the root file, over everything. */
  readonly overlay?: string | undefined
}

/**
 * Reads the root file with its includes and overlay and merges them by name. Never throws for what the user wrote.
 * When a file is broken, the Source holds the rest, so that its problems are found in the same run; with an error among the findings it must not be served.
 */
export async function read(rootFile: string, options: ReadOptions = {}): Promise<Result<Source>> {
  const cache = options.cache ?? new FileCache()
  const loader = new Loader(options.files ?? nodeFiles, cache)
  await loader.load(rootFile)
  const diagnostics: Diagnostic[] = []
  const merged = mergeFiles(loader.files.values(), diagnostics, cache.merges)
  if (options.overlay !== undefined) {
    if (/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(options.overlay)) {
      const overlay = await loader.readOne(join(dirname(rootFile), 'overlays', `${options.overlay}.yaml`))
      if (overlay) applyOverlay(merged, overlay, cache, diagnostics)
    } else {
      const message = `"${options.overlay}" cannot be the name of an overlay`
      diagnostics.push({ code: 'config/bad-overlay', severity: 'error', message, help: 'use letters, digits, ".", "_" and "-"' })
    }
  }
  cache.commit()
  const all = [...loader.diagnostics, ...diagnostics]
  const usable = loader.files.get(rootFile)?.value !== undefined
  return [{ root: rootFile, usable, ...merged, files: loader.files, watched: loader.watched }, all]
}
