import type { ExitCode } from './exit.ts'
import { exit } from './exit.ts'
import type { ConfigOptions, VerbCx } from './verb.ts'

export function printMergedFile(_cx: VerbCx, _file: string, _options: ConfigOptions): Promise<ExitCode> {
  return Promise.resolve(exit.internal)
}
