import { effective } from '../config/effective.ts'
import { createFindPosition } from '../config/find-position.ts'
import { printMerged } from '../config/print-merged.ts'
import { read } from '../config/read.ts'
import { buildSchema } from '../config/schema/gateway.ts'
import { exit, type ExitCode } from './exit.ts'
import { compileFile, filesOf, rootOf } from './read-config.ts'
import { stopOnFindings } from './report.ts'
import type { Target } from '../target.ts'
import type { ConfigOptions, VerbCx } from './verb.ts'

/** `compile --print-merged`: only for a configuration without errors, so that what is printed means something. */
export async function printMergedFile(
  { io, features }: VerbCx,
  file: string,
  options: ConfigOptions & { readonly target: Target },
): Promise<ExitCode> {
  const files = filesOf(io)
  const stopped = stopOnFindings(io, await compileFile(io, file, options.env, { files, target: options.target }), options)
  if (stopped !== undefined) return stopped
  const points = features.flatMap((feature) => feature.points)
  const [source] = await read(rootOf(io, file), { files, overlay: options.env })
  io.stdout.write(printMerged(effective(source, buildSchema(points), points), createFindPosition(source.files)))
  return exit.ok
}
