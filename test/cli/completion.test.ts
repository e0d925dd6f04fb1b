import { execFileSync } from 'node:child_process'
import { beforeAll, describe, expect, it } from 'vitest'
import { workplace } from './run-cli.ts'

const verbs = ['init', 'validate', 'compile', 'plan', 'run', 'serve', 'status', 'schema', 'explain-code', 'engine', 'completion']

describe('completion', () => {
  let script = ''
  beforeAll(async () => {
    await using place = await workplace()
    script = (await place.run(['completion', 'bash'])).stdout
  })

  /** What bash offers after these words. */
  function complete(...words: string[]): string[] {
    const code = `${script}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _sluice; printf '%s\\n' "\${COMPREPLY[@]}"`
    return execFileSync('bash', ['-c', code, 'bash', 'sluice', ...words], { cwd: 'test/plan/cases/reformatted' })
      .toString()
      .split('\n')
      .filter((word) => word !== '')
  }

  it('bash offers verbs, options, values and files', () => {
    expect(complete('')).toEqual([...verbs, 'help', '--help', '--version'])
    expect(complete('val')).toEqual(['validate'])
    expect(complete('engine', '')).toEqual(['--help', 'install', 'path', 'version', 'bootstrap'])
    expect(complete('plan', '--format', '')).toEqual(['text', 'json'])
    expect(complete('validate', '--fail-on', 'w')).toEqual(['warning'])
    expect(complete('validate', 'bef')).toEqual(['before.yaml'])
    expect(complete('completion', 'f')).toEqual(['fish'])
  })

  it.each(['zsh', 'fish'])('%s knows every verb and option', async (shell) => {
    await using place = await workplace()
    const { stdout } = await place.run(['completion', shell])
    for (const word of [...verbs, 'exit-code', 'print-merged', 'log-format']) expect(stdout).toContain(word)
  })

  it('every verb has one line and at least two examples in its help', async () => {
    await using place = await workplace()
    for (const name of verbs) {
      const { stdout } = await place.run([name, '--help'])
      const [, examples = ''] = stdout.split('\nExamples:\n')
      expect(examples).not.toContain('sluice $(')
      expect([name, examples.trim().split('\n').length >= 2, /^Usage: sluice .*\n\n[a-z].*\n/.test(stdout)]).toEqual([name, true, true])
    }
  })
})
