import { join } from 'node:path'
import { matchesGlob } from 'node:path'
import type { Files } from '../../src/config/files.ts'
import { nodeFiles } from '../../src/config/files.ts'

/** Files that exist only as text. Change the record to change a file. */
export function memoryFiles(texts: Record<string, string>): Files {
  return {
    read: async (path) => {
      const text = texts[path]
      return text === undefined ? { problem: 'does not exist', missing: true } : { text }
    },
    glob: async (pattern) =>
      Object.keys(texts)
        .filter((path) => matchesGlob(path, pattern))
        .sort(),
  }
}

/** The files of a directory, named relative to it. */
export function directoryFiles(directory: string): Files {
  return {
    read: (path) => nodeFiles.read(join(directory, path)),
    glob: async (pattern) => (await nodeFiles.glob(join(directory, pattern))).map((path) => path.slice(directory.length + 1)),
  }
}
