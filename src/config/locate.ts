import type { Path, Place } from '../diagnostics/diagnostic.ts'
import type { Locate } from '../model/origin.ts'
import type { SourceFile } from './config.ts'
import { depthOf } from './value-at.ts'

/**
 * Finds which layer a part of a merged value was written in: the last one that holds the path, else the last of those that hold most of it.
 * Only the kept values are looked at; lines are found when a place is printed.
 */
export function createLocate(files: ReadonlyMap<string, Pick<SourceFile, 'value'>>): Locate {
  return (origin, path = [], side = 'value') => {
    let best: { file: string; path: Path; depth: number } | undefined
    for (const layer of origin) {
      const full = [...layer.path, ...path]
      const depth = origin.length === 1 ? full.length : depthOf(files.get(layer.file)?.value, full) - layer.path.length
      if (!best || depth >= best.depth) best = { file: layer.file, path: full, depth }
    }
    const place: Place = best ? { file: best.file, path: best.path, side } : { file: '', path, side }
    return place
  }
}
