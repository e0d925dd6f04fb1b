import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { end, type Example, freePlaces, isUp, startExample } from '../examples/start-example.ts'

const root = join(import.meta.dirname, '../..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const tour = readme.slice(readme.indexOf('## 60 seconds'), readme.indexOf('## Your own gateway'))

/** What a reader types, and what the README says comes of it. */
const steps = [...tour.matchAll(/```sh\n([\s\S]*?)```((?:\s+```\n[\s\S]*?```)*)/g)].map(([, commands = '', outputs = '']) => ({
  commands,
  expected: [...outputs.matchAll(/```\n([\s\S]*?)```/g)].map(([, text = '']) => text).join(''),
}))

/** How long a change may take to arrive on a busy machine, in ms. */
const patience = 100_000

let example: Example
let places: Record<string, string>
beforeAll(async () => {
  places = await freePlaces()
  example = await startExample(places)
  await isUp(example)
  // The reader has no variables set: the free ports become the defaults of the file.
  const file = join(example.dir, 'gateway.yaml')
  const text = await readFile(file, 'utf8')
  await writeFile(
    file,
    text.replaceAll(/\$\{(\w+):-[^}]*\}/g, (_, name: string) => `\${${name}:-${places[name] ?? ''}}`),
  )
})
afterAll(() => end(example))

/** Runs a step as written, but for ports and for the alias, which is a function here. Standard output. */
function run(commands: string): Promise<string> {
  const text = commands
    .replaceAll(':8080', `:${example.gatewayPort}`)
    .replaceAll('127.0.0.1:3022', places['ARCHIVE_2'] ?? '')
    .replaceAll('sluice status', `sluice status --admin ${example.admin}`)
    .replaceAll('--against live', `--against live --admin ${example.admin}`)
    .replace(/^alias .*$/m, '')
  const script = `sluice() { "${process.execPath}" "${join(root, 'src/cli.ts')}" "$@"; }\n${text}`
  return new Promise((resolve) => {
    execFile('bash', ['-c', script], { cwd: example.dir, env: { ...process.env, NO_COLOR: '1' } }, (_, stdout) => resolve(stdout.trim()))
  })
}

/** The output of the README with what differs from run to run left open. */
function pattern(expected: string): RegExp {
  const text = expected
    .trim()
    .replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll(/ \\\.\\\.\\\.$/gm, '.*')
    .replaceAll(/"instance":"(\w+)-\d"/g, '"instance":"$1-\\d"')
    .replaceAll(/,(?=[".])/g, ', ?')
    .replaceAll(/version [0-9a-f]{20}/g, 'version [0-9a-f]{20}')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:]+\\\.\d+Z/g, '\\S+Z')
    .replaceAll('proxy vm', 'proxy \\S+')
    .replaceAll(/\(\S+ (B|KiB)\\\)/g, '([\\d.]+ (?:B|KiB)\\)')
    .replaceAll(/:(8080|302\d)/g, ':\\d+')
  return new RegExp(`^${text}$`)
}

it('has steps with and without output', () => {
  expect(steps.map(({ expected }) => expected !== '')).toEqual([false, true, false, true, true, true, true, true])
})

it('comes out as the README says', async () => {
  for (const { commands, expected } of steps) {
    let said = await run(commands)
    if (expected === '') continue
    // What has an output may be run again, until the change before it has arrived. Measured in time: twenty runs of curl take no time at all.
    const wanted = pattern(expected)
    const deadline = Date.now() + patience
    while (!wanted.test(said) && Date.now() < deadline) {
      await delay(100)
      said = await run(commands)
    }
    expect(said).toMatch(wanted)
  }
})
