import { type Line, lineText, type State } from './state.ts'

/** From one state to another: the lines that are new or different, and the keys that are gone. */
export interface Delta {
  /** Version of the state that it applies to, and of the state that it leads to. */
  readonly from: string
  readonly to: string
  readonly put: readonly Line[]
  readonly remove: readonly string[]
}

/** Empty when both states are equal. */
export function deltaBetween(before: State, after: State): Delta {
  const put = [...after.lines.values()].filter((line) => before.lines.get(line.key)?.version !== line.version)
  const remove = [...before.lines.keys()].filter((key) => !after.lines.has(key))
  return { from: before.version, to: after.version, put, remove }
}

/** The body of a `POST` to the workers. */
export function deltaText({ from, to, put, remove }: Delta): string {
  const head = JSON.stringify({ from, to, lines: put.length + remove.length })
  return `${[head, ...put.map(lineText), ...remove.map((key) => JSON.stringify({ k: key, gone: true }))].join('\n')}\n`
}
