import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Compiler } from '../../src/compile.ts'

const root = join(import.meta.dirname, '../..')
const pages = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter((page) => page !== '' && existsSync(join(root, page)))

describe.each(pages)('%s', (page) => {
  const text = readFileSync(join(root, page), 'utf8')

  it('links to what is there', () => {
    const prose = text.replaceAll(/```[\s\S]*?```|`[^`\n]*`/g, '')
    const targets = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map((found) => found[1] ?? '').filter((target) => !/^[a-z]+:/.test(target))
    expect(targets.filter((target) => !target.startsWith('#') && !existsSync(join(root, dirname(page), target.replace(/#.*/, ''))))).toEqual([])
    for (const anchor of targets.filter((target) => target.startsWith('#'))) expect(headings(text)).toContain(anchor.slice(1))
  })

  it('shows whole configurations that are valid', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'docs-'))
    for (const [, yaml = ''] of text.matchAll(/```yaml\n([\s\S]*?)```/g)) {
      if (!/^version: 1$/m.test(yaml)) continue
      await writeFile(join(dir, 'gateway.yaml'), yaml)
      const { diagnostics } = await new Compiler(join(dir, 'gateway.yaml'), { env: {} }).compile()
      expect(diagnostics, yaml).toEqual([])
    }
    await rm(dir, { recursive: true, force: true })
  })
})

/** The anchors that GitHub makes of headings. */
function headings(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )
}

it('finds configurations to check', () => {
  expect(readFileSync(join(root, 'docs/guide/language.md'), 'utf8')).toMatch(/```yaml\n[^`]*^version: 1$/m)
})
