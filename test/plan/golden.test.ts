import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { main } from '../../src/cli.ts'

const root = join(import.meta.dirname, 'cases')

/** `sluice plan after.yaml --against before.yaml` in each folder, as text; UPDATE=1 rewrites what is expected. */
describe.each(['envoy', 'nginx'])('plan --target %s', (target) => {
  for (const name of readdirSync(root)) {
    it(name, async () => {
      const dir = join(root, name)
      const { code, stdout: exact } = await plan(dir, 'text', target)
      // How many bytes a resource has is for the emitter's own tests.
      const stdout = exact.replace(/\(\d+(\.\d)? K?i?B\)/g, '(SIZE)')
      const golden = join(dir, target === 'envoy' ? 'plan.txt' : `plan.${target}.txt`)
      if (process.env['UPDATE']) writeFileSync(golden, stdout)
      expect(stdout).toBe(readFileSync(golden, 'utf8'))
      expect(code).toBe(stdout === 'No changes.\n' ? 0 : 2)
      const json = await plan(dir, 'json', target)
      expect(json.code).toBe(code)
      const { summary, changes, cost } = JSON.parse(json.stdout) as Summarised
      for (const { put, bytes } of cost.pushes) expect(bytes > 0).toBe(put > 0)
      for (const action of ['add', 'change', 'remove']) expect(summary[action]).toBe(changes.filter((change) => change.action === action).length)
    })
  }
})

interface Summarised {
  readonly summary: Record<string, number>
  readonly changes: readonly { readonly action: string }[]
  readonly cost: { readonly pushes: readonly { readonly put: number; readonly bytes: number }[] }
}

async function plan(dir: string, format: string, target: string): Promise<{ code: number; stdout: string }> {
  const [out, err]: [string[], string[]] = [[], []]
  const code = await main(['plan', 'after.yaml', '--against', 'before.yaml', '--exit-code', '--format', format, '--target', target], {
    stdout: { write: (text) => out.push(text) },
    stderr: { write: (text) => err.push(text) },
    stdin: (async function* () {})(),
    env: {},
    cwd: dir,
    isTTY: false,
  })
  if (code !== 0 && code !== 2) throw new Error(err.join(''))
  return { code, stdout: out.join('') }
}
