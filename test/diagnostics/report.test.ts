import { describe, expect, test } from 'vitest'
import { collect } from '../../src/diagnostics/collect.ts'
import type { Diagnostic, Place } from '../../src/diagnostics/diagnostic.ts'
import { diagnosticsToJson, jsonPointer } from '../../src/diagnostics/json.ts'
import type { Position } from '../../src/diagnostics/position.ts'
import { printDiagnostics } from '../../src/diagnostics/print.ts'

const at = (line: number, file = 'gateway.yaml'): Place => ({ file, path: ['lines', line], side: 'value' })
const find = ({ path }: Place): Position => ({ line: Number(path[1]), column: 3, endLine: Number(path[1]), endColumn: 6, lineText: 'a foo b' })
const finding = (line: number, more: Partial<Diagnostic> = {}): Diagnostic => ({
  code: 'config/bad-value',
  severity: 'error',
  message: `line ${line}`,
  at: at(line),
  ...more,
})

describe('collect', () => {
  test('puts findings in the order of files and lines, whatever order they came in', () => {
    const { shown } = collect([finding(3), finding(1), finding(2, { at: at(2, 'a.yaml') })], find)
    expect(shown.map(({ diagnostic }) => diagnostic.message)).toEqual(['line 2', 'line 1', 'line 3'])
  })

  test('drops repetitions', () => {
    expect(collect([finding(1), finding(1), finding(1, { message: 'other' })], find).shown).toHaveLength(2)
  })

  test('looks up only what is shown, keeps errors before warnings, and counts all', () => {
    const warnings = Array.from({ length: 150 }, (_, i) => finding(i + 1, { severity: 'warning' }))
    let looked = 0
    const collected = collect([...warnings, finding(200)], (place) => (looked++, find(place)))
    expect([collected.shown.length, collected.hidden, looked]).toEqual([100, 51, 100])
    expect(collected.counts).toEqual({ error: 1, warning: 150, info: 0 })
    expect(collected.shown.at(-1)?.diagnostic.severity).toBe('error')
    expect(printDiagnostics(collected, find)).toMatch(/\n1 error, 150 warnings, of which 51 are not shown; /)
  })
})

describe('print', () => {
  const print = (diagnostic: Diagnostic, position: Position = find(at(1))): string => {
    const locate = (): Position => position
    return printDiagnostics(collect([diagnostic], locate), locate)
  }

  test('nothing for no findings', () => expect(printDiagnostics(collect([], find), find)).toBe(''))

  test('message, place, frame, help and related places', () => {
    expect(print(finding(1, { help: 'do this', related: [{ message: 'first here', at: at(9) }] }))).toBe(
      [
        'error config/bad-value: line 1',
        '  gateway.yaml:1:3',
        '  1 | a foo b',
        '    |   ^^^',
        '  help: do this',
        '  see: gateway.yaml:1:3 first here',
        '',
        '1 error; `sluice explain-code CODE` tells more about a code',
        '',
      ].join('\n'),
    )
  })

  test('user text cannot move the cursor, hide or reorder text', () => {
    const lineText = 'a\u001b[2Jb\u202e\tc'
    const printed = print(finding(1, { message: 'x\u001b]0;t\u0007\r\n\u2028y', help: '\u200b' }), {
      line: 1,
      column: 3,
      endLine: 1,
      endColumn: 6,
      lineText,
    })
    expect(printed.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
    expect(printed).toContain('  1 | a\\u{1b}[2Jb\\u{202e} c')
  })

  test('of a long line only the part around the caret is shown', () => {
    const lineText = `${'x'.repeat(500_000)}foo${'y'.repeat(500_000)}`
    const printed = print(finding(1), { line: 1, column: 500_001, endLine: 1, endColumn: 500_004, lineText })
    const [, , text = '', caret = ''] = printed.split('\n')
    expect(text.length).toBeLessThan(140)
    expect(text.slice(caret.indexOf('^'), caret.lastIndexOf('^') + 1)).toBe('foo')
  })

  test('a sensitive line is not shown', () => expect(print(finding(1, { sensitive: true }))).not.toContain('foo'))
})

test('json names every finding with range and pointer', () => {
  const report = diagnosticsToJson(
    collect([finding(4, { help: 'h', related: [{ message: 'm', at: at(5) }] }), { code: 'a/b', severity: 'warning', message: 'no place' }], find),
    find,
  )
  expect(report).toEqual({
    schemaVersion: 1,
    diagnostics: [
      { code: 'a/b', severity: 'warning', message: 'no place' },
      {
        code: 'config/bad-value',
        severity: 'error',
        message: 'line 4',
        file: 'gateway.yaml',
        path: '/lines/4',
        range: { start: { line: 4, column: 3 }, end: { line: 4, column: 6 } },
        help: 'h',
        related: [{ message: 'm', file: 'gateway.yaml', path: '/lines/5', range: { start: { line: 5, column: 3 }, end: { line: 5, column: 6 } } }],
      },
    ],
    summary: { error: 1, warning: 1, info: 0, hidden: 0 },
  })
  expect(jsonPointer(['a/b', 0, 'c~d'])).toBe('/a~1b/0/c~0d')
})
