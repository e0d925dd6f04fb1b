import type { Files } from '../config/files.ts'

/** Files that remember what patterns matched when they were last asked. */
export interface RecordedFiles extends Files {
  readonly patterns: ReadonlyMap<string, readonly string[]>
}

export function recordPatterns(files: Files): RecordedFiles {
  const patterns = new Map<string, readonly string[]>()
  return {
    patterns,
    read: (path) => files.read(path),
    async glob(pattern) {
      const found = await files.glob(pattern)
      patterns.set(pattern, found)
      return found
    },
  }
}
