/** What the process says at its end; never dependent on `--format`. The numbers from 64 on are those of sysexits.h. */
export const exit = {
  ok: 0,
  /** Findings at or above `--fail-on`, a problem that `status` shows, or something in the way that the user can move. */
  findings: 1,
  /** `plan --exit-code` only. */
  changes: 2,
  usage: 64,
  /** A file is missing, or cannot be read or parsed. */
  badInput: 65,
  /** A server or the engine cannot be reached or had. */
  unavailable: 69,
  internal: 70,
} as const

export type ExitCode = (typeof exit)[keyof typeof exit]

/** Ends a verb with a sentence for stderr and a code. */
export class Stop extends Error {
  readonly code: ExitCode

  constructor(code: ExitCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
