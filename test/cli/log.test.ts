import { describe, expect, it } from 'vitest'
import { createLog, type LogOptions } from '../../src/cli/log.ts'
import type { Io } from '../../src/cli/io.ts'

/** What a log writes. */
function written(options: LogOptions, write: (log: ReturnType<typeof createLog>) => void): string {
  const out: string[] = []
  const sink = { write: (text: string) => out.push(text) }
  const io: Io = { stdout: sink, stderr: sink, stdin: (async function* () {})(), env: {}, cwd: '/', isTTY: false }
  write(createLog(io, options))
  return out.join('')
}

describe('the text log', () => {
  it('has the time in UTC on its own lines, and leaves the lines of the proxy as they are', () => {
    const text = written({ logFormat: 'text' }, (log) => {
      log.say('info', 'one')
      log.say('warn', 'two\nlines')
      log.say('debug', 'too much')
      log.proxy('envoy', '[2026-01-01 00:00:00.000][1][info] three')
    })
    expect(text.replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, 'TIME')).toBe(
      'sluice | TIME one\nsluice | TIME warning: two\\u{a}lines\nenvoy  | [2026-01-01 00:00:00.000][1][info] three\n',
    )
    const [time = ''] = /\d{4}\S+Z/.exec(text) ?? []
    expect(Math.abs(Date.now() - Date.parse(time))).toBeLessThan(60_000)
  })
})

describe('the JSON log', () => {
  it.each([
    ['{"path":"/","status":200}', { access: { path: '/', status: 200 } }],
    ['{not json}', { msg: '{not json}' }],
    ['[1]', { msg: '[1]' }],
    ['words', { msg: 'words' }],
  ])('writes the line %s of the proxy as %o', (line, fields) => {
    const parsed = JSON.parse(written({ logFormat: 'json' }, (log) => log.proxy('envoy', line))) as object
    expect(parsed).toEqual({ level: 'info', time: expect.any(String) as string, source: 'envoy', ...fields })
  })
})
