import { Document, isMap, isPair, isScalar, isSeq, type Node } from 'yaml'
import type { Path } from '../diagnostics/diagnostic.ts'
import type { FindPosition } from '../diagnostics/position.ts'
import { where } from '../diagnostics/print.ts'
import type { Effective } from './effective.ts'

const head = ' Everything laid together, with defaults written out. Relative paths start at the file that a comment names.'

/** One gateway.yaml of everything, with comments that say where each part comes from. Ends with a line break. */
export function printMerged(parts: readonly Effective[], find: FindPosition): string {
  const document = new Document(together(parts), { aliasDuplicateObjects: false, compat: 'yaml-1.1' })
  document.commentBefore = head
  for (const { path, entry, inherited, added } of parts) {
    const places = entry?.origin.map((layer) => where({ ...layer, side: 'key' }, find({ ...layer, side: 'key' }))) ?? []
    if (places.length > 0) comment(document, path, places.join(', '))
    for (const [key, from] of inherited) comment(document, [...path, key], `from ${from}`)
    for (const inner of added) comment(document, [...path, ...inner], 'default')
  }
  return document.toString({ lineWidth: 0 })
}

function together(parts: readonly Effective[]): object {
  const sections = new Map<string | number, Map<string | number, unknown>>()
  const root = new Map<string | number, unknown>()
  for (const { path, value } of parts) {
    const [section = '', name] = path
    const names = sections.get(section) ?? new Map<string | number, unknown>()
    sections.set(section, names)
    root.set(section, name === undefined ? value : names)
    if (name !== undefined) names.set(name, value)
  }
  const tests = sections.get('tests')
  if (tests) root.set('tests', [...tests.values()])
  return Object.fromEntries(root)
}

/** A comment behind a short value, or above the key of a longer one. */
function comment(document: Document, path: Path, text: string): void {
  const parent = document.getIn(path.slice(0, -1), true)
  const value = document.getIn([...path], true)
  const last = path.at(-1)
  if (isScalar(value)) value.comment = add(value.comment, text)
  else if (isMap(parent)) {
    const pair = parent.items.find((item) => isScalar(item.key) && item.key.value === last)
    if (isPair(pair) && isScalar(pair.key)) pair.key.commentBefore = add(pair.key.commentBefore, text)
  } else if (isSeq(parent) && isNode(value)) value.commentBefore = add(value.commentBefore, text)
}

function add(before: string | null | undefined, text: string): string {
  return before ? `${before}, ${text}` : ` ${text}`
}

function isNode(value: unknown): value is Node {
  return isScalar(value) || isMap(value) || isSeq(value)
}
