/** How many random cases a property is tried with, and where they begin. */
export interface Cases {
  readonly numRuns: number
  readonly seed: number
}

/**
 * Parameters of a property with so many random cases. They are the same ones in each run, so no change is refused for what it did not cause:
 * `FUZZ_SEED=n` gives others, `RUNS=10` ten times as many. fast-check tells seed and path of a failure.
 */
export function cases(count = 100): Cases {
  return { numRuns: Math.ceil(count * Number(process.env['RUNS'] ?? 1)), seed: Number(process.env['FUZZ_SEED'] ?? 20_261) }
}
