/**
 * Writes the pages of docs/ that are made of the program: the keys of gateway.yaml, the codes of findings, and what each engine supports.
 *
 *   node scripts/reference.ts            write them
 *   node scripts/reference.ts --check    exit 1 when one of them is stale
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { catalogue } from '../src/cli/explain-code.ts'
import { buildSchema } from '../src/config/schema/gateway.ts'
import { features } from '../src/features/index.ts'
import { configurationPage } from './reference-configuration.ts'
import { cell } from './reference-rows.ts'
import { supportPage } from './reference-support.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const generated = '<!-- Written by `node scripts/reference.ts`. Do not edit. -->'

/** The pages by path from the root of the repository. */
export async function referencePages(): Promise<Map<string, string>> {
  const pages = new Map([
    ['docs/reference/configuration.md', configurationPage(buildSchema(features.flatMap((feature) => feature.points)))],
    ['docs/reference/codes.md', codesPage()],
    ['docs/support.md', await supportPage(features, root)],
  ])
  for (const [path, text] of pages) pages.set(path, `${generated}\n\n${text}`)
  return pages
}

function codesPage(): string {
  const codes = catalogue(features)
  const groups = Map.groupBy(codes, ([code]) => code.split('/')[0] ?? code)
  const lines = ['# Codes of findings', '', 'Every finding has a stable code. `sluice explain-code CODE` prints the same text.', '']
  for (const [group, entries] of groups) {
    lines.push(`## ${group}`, '', '| code | meaning |', '|---|---|', ...entries.map(([code, text]) => `| \`${code}\` | ${cell(text)} |`), '')
  }
  return lines.join('\n')
}

async function main(check: boolean): Promise<void> {
  for (const [path, text] of await referencePages()) {
    const file = join(root, path)
    if ((await readFile(file, 'utf8').catch(() => '')) === text) continue
    if (check) {
      console.error(`${path} is stale; run: node scripts/reference.ts`)
      process.exitCode = 1
      continue
    }
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text)
    console.error(`wrote ${path}`)
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.includes('--check'))
