import type { Case, Engine } from './cases.ts'
import type { Played } from './play.ts'

/** Something that is not as expected, or not the same on both engines. */
export interface Finding {
  /** `feature/case`. */
  readonly case: string
  /** Number of the step, and its request as written. */
  readonly step: number
  readonly request: string
  /** What differs: `status`, `body`, `headers.NAME`, `upstream.path`, `upstream.headers.NAME` and so on. */
  readonly field: string
  /** The engine that is not as expected; undefined when the engines differ. */
  readonly engine?: Engine
  readonly message: string
}

export function findingAt(one: Case, { number, step }: Pick<Played, 'number' | 'step'>, field: string, message: string, engine?: Engine): Finding {
  return { case: one.id, step: number, request: step.request, field, message, ...(engine === undefined ? {} : { engine }) }
}

/** One line for people. */
export function tell({ case: id, step, request, field, engine, message }: Finding): string {
  return `${id} step ${step} (${request}): ${engine === undefined ? '' : `${engine}: `}${field}: ${message}`
}
