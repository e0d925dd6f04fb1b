import type { Trust } from './parts.ts'
import type { Start, StartListener } from './start.ts'

/** Version of the layout below; a text of another one is not read. */
const startVersion = 1

interface Written {
  readonly version: number
  readonly listeners: readonly StartListener[]
  readonly trusts: readonly (readonly [name: string, trust: Trust])[]
}

/** The start model as it is kept beside nginx.conf, so that a later process knows what the nginx that runs was started with. */
export function startText({ listeners, trusts }: Start): string {
  const written: Written = { version: startVersion, listeners, trusts: [...trusts] }
  return `${JSON.stringify(written)}\n`
}

/** Undefined for a text that is none, or of another version. */
export function readStart(text: string): Start | undefined {
  try {
    const { version, listeners, trusts } = JSON.parse(text) as Written
    return version === startVersion ? { listeners, trusts: new Map(trusts) } : undefined
  } catch {
    return undefined // whoever asks writes a new one
  }
}
