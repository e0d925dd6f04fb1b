import { readFile } from 'node:fs/promises'
import { exit, Stop } from './exit.ts'

/** The text of a file that an option names. Ends the verb when it cannot be read. */
export async function readPem(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    throw new Stop(exit.badInput, `cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  })
}
