import { isAbsolute, join } from 'node:path'
import { inspect } from 'node:util'

const redacted = '[redacted]'

/** A secret value that does not show itself: printing, interpolating, logging or serialising it gives `[redacted]`. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The value itself; only for what is sent to the proxy or compared in constant time. */
  reveal(): string {
    return this.#value
  }

  toString(): string {
    return redacted
  }

  toJSON(): string {
    return redacted
  }

  [Symbol.toPrimitive](): string {
    return redacted
  }

  [inspect.custom](): string {
    return redacted
  }
}

/** Why a secret is not to be had. The sentence names the reference, never a value. */
export interface SecretProblem {
  readonly problem: string
}

type SecretRef = { readonly from: 'env'; readonly name: string } | { readonly from: 'file'; readonly path: string }

/** Takes `secret://env/NAME` or `secret://file/path` apart; undefined when it is neither. `secret://file//run/x` is the absolute `/run/x`. */
export function parseSecretRef(text: string): SecretRef | undefined {
  const parts = /^secret:\/\/(?:env\/([A-Za-z_][A-Za-z0-9_]*)|file\/([^\0]+))$/.exec(text)
  if (!parts) return undefined
  return parts[1] !== undefined ? { from: 'env', name: parts[1] } : { from: 'file', path: parts[2] ?? '' }
}

/**
 * Fetches what a reference means. `base` is the directory of the file that holds the reference.
 * One line break at the end of a file is dropped: editors add it, and it is never meant.
 */
export async function resolveSecret(
  ref: string,
  base: string,
  env: Readonly<Record<string, string | undefined>>,
  readFile: (path: string) => Promise<string>,
): Promise<Secret | SecretProblem> {
  const parsed = parseSecretRef(ref)
  // The text is not repeated: what is no reference may be the secret itself.
  if (!parsed) return { problem: 'not a secret reference; write secret://env/NAME or secret://file/path' }
  if (parsed.from === 'env') {
    const value = Object.hasOwn(env, parsed.name) ? env[parsed.name] : undefined
    if (value === undefined) return { problem: `${ref}: the environment variable ${parsed.name} is not set` }
    return value === '' ? { problem: `${ref}: the environment variable ${parsed.name} is empty` } : new Secret(value)
  }
  const path = isAbsolute(parsed.path) ? parsed.path : join(base, parsed.path)
  try {
    const text = (await readFile(path)).replace(/\r?\n$/, '')
    return text === '' ? { problem: `${ref}: ${path} is empty` } : new Secret(text)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    return { problem: `${ref}: ${path} cannot be read (${code})` }
  }
}
