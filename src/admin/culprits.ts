import { createFindPosition } from '../config/find-position.ts'
import { jsonPointer } from '../diagnostics/json.ts'
import type { FindPosition, Position } from '../diagnostics/position.ts'
import { contentHash } from '../lib/content-hash.ts'
import type { Rejection } from '../live/fleet.ts'
import { blame, type Suspect } from './blame.ts'
import { explainMessage, shortMessage } from './envoy-words.ts'
import type { History, Published } from './history.ts'

/** A node to look at, with its line. */
export interface Culprit {
  /** Such as `route/orders`. */
  readonly node: string
  readonly file: string
  /** From 1; absent when the file is not known any more. */
  readonly line?: number
  readonly column?: number
  /** JSON Pointer inside the file. */
  readonly path: string
}

/** A refusal in the user's terms. */
export interface Verdict {
  /** The proxy's words, without dumps. */
  readonly message: string
  /** What they mean, where they need help. */
  readonly meaning?: string
  /** One node when it is certain, several when it is one of them, none when no file is to blame. */
  readonly culprits: readonly Culprit[]
}

/** Verdicts that are remembered. */
const kept = 1_000

/** Judges each refused version once, while the files that it was made of are still known. */
export class Culprits {
  readonly #history: History
  readonly #known = new Map<string, Verdict>()

  constructor(history: History) {
    this.#history = history
  }

  /** The verdict on a refusal; proxies that refuse the same version with the same words share it. */
  of(rejection: Rejection): Verdict {
    const { type, name, version, heldAt, message } = rejection
    const key = JSON.stringify([type, name, version, heldAt, message.length > 1_000 ? contentHash(message) : message])
    const known = this.#known.get(key)
    if (known) return known
    const verdict = this.#judge(rejection)
    this.#known.set(key, verdict)
    for (const oldest of this.#known.keys()) if (this.#known.size > kept) this.#known.delete(oldest)
    return verdict
  }

  #judge(rejection: Rejection): Verdict {
    const { type, name, version, heldAt, message } = rejection
    const now = this.#history.now()
    const made = this.#history.of(type, name, version) ?? now
    const before = heldAt === undefined ? undefined : this.#history.of(type, name, heldAt)
    const meaning = explainMessage(message)
    const culprits = made ? culpritsOf(made, blame(rejection, made.good, before?.good)) : []
    return { message: shortMessage(message), ...(meaning === undefined ? {} : { meaning }), culprits }
  }
}

function culpritsOf({ good: { files } }: Published, suspects: readonly Suspect[]): Culprit[] {
  const find = createFindPosition(files)
  return suspects.map((suspect) => locate(suspect, find))
}

/** A key that the user did not write is not pointed at; its node is. */
function locate({ node, place, start }: Suspect, find: FindPosition): Culprit {
  const [exact, whole] = [find(place), find(start)]
  const chosen = exact && whole && same(exact, whole) ? start : place
  const position = exact ?? whole
  return { node, file: chosen.file, ...(position && { line: position.line, column: position.column }), path: jsonPointer(chosen.path) }
}

function same(a: Position, b: Position): boolean {
  return a.line === b.line && a.column === b.column
}
