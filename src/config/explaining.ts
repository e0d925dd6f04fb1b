import type { Path } from '../diagnostics/diagnostic.ts'
import type { Problem } from './problem.ts'
import type { JsonSchema } from './schema/json-schema.ts'

/** What the explaining functions share. */
export interface Explaining {
  readonly root: JsonSchema
  /** What the value as a whole is called. */
  readonly name: string | undefined
  /** What the user wrote where a variable was filled in. */
  readonly written: (path: Path) => string | undefined
  /** Explains a value inside the one at hand. */
  readonly inside: (schema: JsonSchema, value: unknown, path: Path) => readonly Problem[]
}

export const nameRule = 'use lower-case letters, digits and inner hyphens, at most 63'
