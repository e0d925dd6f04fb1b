import { resolve } from 'node:path'
import { type Compiled, Compiler, type Good } from '../compile.ts'
import { decodeText } from '../config/decode-text.ts'
import { type Files, maxFileSize, nodeFiles } from '../config/files.ts'
import { exit, Stop } from './exit.ts'
import type { Target } from '../target.ts'
import type { Io } from './io.ts'

const fromStdin = '<stdin>'

/** Compiles the configuration named on the command line; `-` is standard input, with relative paths from the working directory. */
export async function compileFile<T extends Target = 'envoy'>(
  io: Io,
  file: string,
  overlay: string | undefined,
  { target, files = filesOf(io), overdue = 'warning' }: { readonly target?: T; readonly files?: Files; readonly overdue?: 'error' | 'warning' } = {},
): Promise<Compiled<T>> {
  return new Compiler<T>(rootOf(io, file), { overlay, env: io.env, files, overdue, ...(target === undefined ? {} : { target }) }).compile()
}

/** What the root file is called in findings. */
export function rootOf(io: Io, file: string): string {
  return file === '-' ? fromStdin : atHome(io, file)
}

/** A path as the user wrote it where that is enough, so that findings name it so. */
export function atHome(io: Io, file: string): string {
  return io.cwd === process.cwd() ? file : resolve(io.cwd, file)
}

/** Files, and standard input under its own name, which is read once. */
export function filesOf(io: Io): Files {
  let stdin: ReturnType<Files['read']> | undefined
  return { glob: (pattern) => nodeFiles.glob(pattern), read: (path) => (path === fromStdin ? (stdin ??= readStdin(io)) : nodeFiles.read(path)) }
}

async function readStdin(io: Io): ReturnType<Files['read']> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of io.stdin) {
    chunks.push(Buffer.from(chunk as Uint8Array))
    size += chunk.length
    if (size > maxFileSize) return { problem: 'has more than 16 MiB; split it with `include`', missing: false }
  }
  return decodeText(Buffer.concat(chunks))
}

/** Whether a file could not be read or parsed: then the findings are only part of the truth. */
export function unusable({ diagnostics, files }: Pick<Compiled, 'diagnostics' | 'files'>): boolean {
  return (
    diagnostics.some(({ code }) => code === 'config/missing-file' || code === 'config/unreadable-file') ||
    [...files.values()].some(({ value }) => value === undefined)
  )
}

/** What was compiled, or the end of the verb when nothing was and no finding says why. */
export function goodOf<T extends Target>(compiled: Compiled<T>): Good<T> {
  if (compiled.good) return compiled.good
  throw new Stop(exit.internal, 'nothing was compiled, and no finding says why')
}
