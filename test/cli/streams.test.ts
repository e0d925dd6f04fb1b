import { describe, expect, it } from 'vitest'
import { useColors } from '../../src/cli/io.ts'
import { good, withError, withWarning, workplace } from './run-cli.ts'

const files = { 'gateway.yaml': good, 'warning.yaml': withWarning, 'error.yaml': withError }
const escape = '\u{1b}['

describe('streams', () => {
  it('validate writes findings to stdout and success to stderr', async () => {
    await using place = await workplace(files)
    expect(await place.run(['validate'])).toEqual({ code: 0, stdout: '', stderr: '✔ gateway.yaml is valid\n' })
    const failed = await place.run(['validate', 'error.yaml'])
    expect(failed.stderr).toBe('')
    expect(failed.stdout).toMatch(/^error route\/unknown-service: service "nowhere" does not exist\n {2}\S+error\.yaml:4:38\n/)
  })

  it('--quiet leaves stderr empty, --verbose names what was read', async () => {
    await using place = await workplace(files)
    expect(await place.run(['validate', '--quiet'])).toEqual({ code: 0, stdout: '', stderr: '' })
    expect((await place.run(['compile', '--quiet', 'warning.yaml', '--out', 'out'])).stderr).toBe('')
    expect((await place.run(['validate', '-v'])).stderr).toContain(`read ${place.path('gateway.yaml')}\n`)
  })

  it('verbs with another result write findings to stderr, and still the result', async () => {
    await using place = await workplace(files)
    for (const verb of ['compile', 'plan']) {
      const { stdout, stderr } = await place.run([verb, 'warning.yaml'])
      expect(stderr).toContain('warning service/unused')
      expect(stdout).not.toContain('service/unused')
      expect(stdout.length).toBeGreaterThan(100)
      const failed = await place.run([verb, 'error.yaml'])
      expect(failed.stdout).toBe('')
      expect(failed.stderr).toContain('error route/unknown-service')
    }
  })

  it('JSON is the one document on stdout and carries its version', async () => {
    await using place = await workplace(files)
    const lines = [
      'validate',
      'validate error.yaml',
      'compile error.yaml',
      'plan error.yaml',
      'plan',
      'compile --out out',
      'explain-code route/shadowed',
    ]
    for (const line of lines) {
      const { stdout } = await place.run([...line.split(' '), '--format', 'json'])
      expect([line, (JSON.parse(stdout) as { schemaVersion: number }).schemaVersion]).toEqual([line, 1])
    }
  })

  it('JSON findings have code, severity, file, pointer and range', async () => {
    await using place = await workplace(files)
    const { stdout } = await place.run(['validate', 'error.yaml', '--format', 'json'])
    expect(JSON.parse(stdout)).toEqual({
      schemaVersion: 1,
      diagnostics: [
        {
          code: 'route/unknown-service',
          severity: 'error',
          message: 'service "nowhere" does not exist',
          file: place.path('error.yaml'),
          path: '/routes/hello/to',
          range: { start: { line: 4, column: 38 }, end: { line: 4, column: 45 } },
          help: 'add it under `services`',
        },
      ],
      summary: { error: 1, warning: 0, info: 0, hidden: 0 },
    })
  })
})

describe('colours', () => {
  it.each([
    [{}, false, false],
    [{}, true, true],
    [{ NO_COLOR: '1' }, true, false],
    [{ NO_COLOR: '' }, true, true],
    [{ FORCE_COLOR: '1' }, false, true],
    [{ FORCE_COLOR: '0' }, true, false],
    [{ NO_COLOR: '1', FORCE_COLOR: '1' }, false, false],
    [{ TERM: 'dumb' }, true, false],
  ])('%o with a terminal: %s gives %s', async (env, isTTY, colored) => {
    expect(useColors({ env, isTTY })).toBe(colored)
    await using place = await workplace(files)
    expect((await place.run(['validate', 'error.yaml'], { env, isTTY })).stdout.includes(escape)).toBe(colored)
    expect((await place.run(['plan'], { env, isTTY })).stdout.includes(escape)).toBe(colored)
  })

  it('JSON has none', async () => {
    await using place = await workplace(files)
    expect((await place.run(['plan', '--format', 'json'], { isTTY: true })).stdout).not.toContain(escape)
  })
})
