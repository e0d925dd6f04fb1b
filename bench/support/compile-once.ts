import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Compiler } from '../../src/compile.ts'
import { parseFile } from '../../src/config/parse-file.ts'
import { memory, timed } from './process-time.ts'

/**
 * Compiles one gateway in a fresh process and writes what that took as JSON. `parse` as second argument only parses the files, which is what a
 * compile does first: the share of YAML.
 */
const [root = '', what = 'compile'] = process.argv.slice(2)
const { wall, cpu } = await timed(what === 'parse' ? parseAll : compile)
console.log(JSON.stringify({ wall, cpu, peak: memory(process.pid).peak }))

async function compile(): Promise<void> {
  const { good, diagnostics } = await new Compiler(root, { env: {} }).compile()
  if (!good) throw new Error(diagnostics.map(({ message }) => message).join('\n'))
}

function parseAll(): void {
  const parts = join(dirname(root), 'parts')
  const files = [root, ...readdirSync(parts).map((name) => join(parts, name))]
  for (const file of files) parseFile(file, readFileSync(file, 'utf8'))
}
