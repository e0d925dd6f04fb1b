import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'

/** Compares what a case made with the files beside it; `UPDATE=1` writes them and sweeps what is no longer made. */
export function expectGolden(dir: string, made: ReadonlyMap<string, string>, isGolden: (file: string) => boolean): void {
  if (process.env['UPDATE']) {
    for (const file of readdirSync(dir)) if (isGolden(file) && !made.has(file)) rmSync(join(dir, file))
    for (const [file, text] of made) writeFileSync(join(dir, file), text)
    return
  }
  const present = readdirSync(dir).filter(isGolden).sort()
  expect(present, `golden files of ${dir}; run with UPDATE=1 after a wanted change`).toEqual([...made.keys()].sort())
  for (const [file, text] of made) {
    const path = join(dir, file)
    expect(text, `${path}; run with UPDATE=1 after a wanted change`).toBe(existsSync(path) ? readFileSync(path, 'utf8') : '')
  }
}
