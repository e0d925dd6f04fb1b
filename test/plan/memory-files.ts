import { Compiler, type Good } from '../../src/compile.ts'
import type { Files } from '../../src/config/files.ts'
import type { Target } from '../../src/target.ts'

/** A file system whose every file holds the text. */
export function memoryFiles(text: string): Files {
  return { read: () => Promise.resolve({ text }), glob: () => Promise.resolve([]) }
}

/** Compiles a text as if it were a file; throws its findings when it has errors. */
export async function compileText<T extends Target = 'envoy'>(text: string, target?: T): Promise<Good<T>> {
  const { good, diagnostics } = await new Compiler<T>('gateway.yaml', { ...(target && { target }), files: memoryFiles(text), env: {} }).compile()
  if (!good) throw new Error(`${diagnostics.map(({ code, message }) => `${code}: ${message}`).join('\n')}\n${text}`)
  return good
}
