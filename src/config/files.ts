import { glob, open } from 'node:fs/promises'
import { isAbsolute, join, relative } from 'node:path'
import { compare } from '../lib/compare.ts'
import { decodeText } from './decode-text.ts'
import type { Unreadable } from './decode-text.ts'

/** The only way by which reading touches the world. */
export interface Files {
  /** Text of a file; at most `maxFileSize` bytes are read. Never rejects. */
  read(path: string): Promise<{ readonly text: string } | Unreadable>
  /** Existing files that a pattern means, sorted, relative as the pattern is. A pattern without `*`, `?`, `[` or `{` is not given to it. */
  glob(pattern: string): Promise<readonly string[]>
}

/** The largest file that is parsed: 16 MiB. */
export const maxFileSize = 16 * 1024 * 1024

export const nodeFiles: Files = { read: readNodeFile, glob: globNodeFiles }

async function readNodeFile(path: string): Promise<{ text: string } | Unreadable> {
  try {
    await using handle = await open(path, 'r')
    const { size } = await handle.stat()
    if (size > maxFileSize) return tooLarge(`${(size / 1024 / 1024).toFixed(1)} MiB`)
    // Read up to one byte more than allowed instead of trusting `size`: pipes and growing files have none.
    const chunks: Buffer[] = []
    let length = 0
    // What has no size is read in pieces. Small files get a small buffer: memory outside of the heap is what makes Node collect all of it.
    for (let filled = 0, buffer = Buffer.allocUnsafe(size > 0 ? size + 1 : 64 * 1024); length <= maxFileSize;) {
      const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled)
      if (bytesRead === 0) {
        chunks.push(buffer.subarray(0, filled))
        break
      }
      length += bytesRead
      filled += bytesRead
      if (filled < buffer.length) continue
      chunks.push(buffer)
      buffer = Buffer.allocUnsafe(64 * 1024)
      filled = 0
    }
    if (length > maxFileSize) return tooLarge('more')
    return decodeText(chunks[0] && chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, length))
  } catch (error) {
    return unreadable(error)
  }
}

const tooLarge = (size: string): Unreadable => ({ problem: `has ${size}, and at most 16 MiB are read; split it with \`include\``, missing: false })

function unreadable(error: unknown): Unreadable {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
  const words: Record<string, string> = {
    ENOENT: 'does not exist',
    ENOTDIR: 'does not exist',
    EISDIR: 'is a directory',
    EACCES: 'may not be read (permission denied)',
  }
  return { problem: words[code] ?? `cannot be read (${code})`, missing: code === 'ENOENT' || code === 'ENOTDIR' }
}

async function globNodeFiles(pattern: string): Promise<readonly string[]> {
  const found: string[] = []
  for await (const entry of glob(pattern, { withFileTypes: true })) {
    if (entry.isDirectory()) continue
    // Node gives absolute paths for every pattern.
    const path = join(entry.parentPath, entry.name)
    found.push(isAbsolute(pattern) ? path : relative('', path))
  }
  return found.sort(compare)
}
