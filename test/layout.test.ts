import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Compiler } from '../src/compile.ts'
import { features } from '../src/features/index.ts'

const root = join(import.meta.dirname, '..')
const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter((file) => file !== '' && existsSync(join(root, file)))
const sources = tracked.filter((file) => /^src\/.*\.ts$/.test(file))
const read = (file: string): string => readFileSync(join(root, file), 'utf8')
const lines = (file: string): number => read(file).split('\n').length - 1

describe('files', () => {
  it('are small: median at most 100 lines, none above 300', () => {
    const sizes = sources.map(lines).sort((a, b) => a - b)
    expect(sizes[Math.floor(sizes.length / 2)]).toBeLessThanOrEqual(100)
    expect(sources.filter((file) => lines(file) > 300)).toEqual([])
  })

  it('are named in kebab-case and for what they hold', () => {
    expect(sources.filter((file) => !/^[a-z0-9-]+\.ts$/.test(file.split('/').at(-1) ?? ''))).toEqual([])
    expect(sources.filter((file) => /\/(utils?|helpers?|common|misc)\.ts$/.test(file))).toEqual([])
  })

  it('have no barrel: an index.ts is only the wiring of a feature', () => {
    expect(sources.filter((file) => file.endsWith('/index.ts') && !file.startsWith('src/features/'))).toEqual([])
  })

  it('hold no weakened check and nothing left open', () => {
    const bad = /@ts-(ignore|nocheck|expect-error)|eslint-disable|as unknown as|\b(TODO|FIXME|XXX|HACK)\b|\b(it|test|describe)\.(only|skip|todo)\(/
    const files = tracked.filter((file) => /\.(ts|lua)$/.test(file) && file !== 'test/layout.test.ts')
    expect(files.filter((file) => bad.test(read(file)))).toEqual([])
  })

  it('name no registry and no directory of a machine', () => {
    const text = tracked.filter((file) => /\.(ts|md|ya?ml|json|cjs|txt|hbs)$/.test(file) && file !== 'test/layout.test.ts')
    expect(text.filter((file) => /"resolved": *"http|(^|[\s"'`(])\/(work|root|home)\//m.test(read(file)))).toEqual([])
  })
})

describe.each(features.map((feature) => [feature.name, feature] as const))('feature %s', (name, feature) => {
  const readme = existsSync(join(root, 'src/features', name, 'README.md')) ? read(`src/features/${name}/README.md`) : ''

  it('has a README that names every key and the support of every engine', () => {
    expect(readme).toContain(`# ${name}`)
    for (const point of feature.points) expect(readme).toContain(point.key)
    expect(readme).toMatch(/\| Envoy \|/)
  })

  it('documents every option of its schema', () => {
    for (const point of feature.points) for (const key of optionsOf(point.schema)) expect(readme, `option ${key}`).toContain(key)
  })

  it('documents every code that it reports, and no other', () => {
    const files = readdirSync(join(root, 'src/features', name)).filter((file) => file.endsWith('.ts') && file !== 'index.ts')
    const code = [...files.map((file) => read(`src/features/${name}/${file}`)), beforeCodes(read(`src/features/${name}/index.ts`))].join('\n')
    const reported = new Set([...code.matchAll(new RegExp(`'(${name}/[a-z0-9-]+)'`, 'g'))].map((found) => found[1]))
    expect(Object.keys(feature.codes ?? {}).sort()).toEqual([...reported].sort())
    expect([...readme.matchAll(new RegExp(`\`(${name}/[a-z0-9-]+)\``, 'g'))].map((found) => found[1]).sort()).toEqual([...reported].sort())
  })

  it('has an example that compiles without a finding', async () => {
    const file = join(root, 'examples', `${name}.yaml`)
    expect(existsSync(file), file).toBe(true)
    const compiled = await new Compiler(file, { env: {} }).compile()
    expect(compiled.diagnostics).toEqual([])
  })
})

/** The wiring lists codes with their texts; only what stands before that list reports them. */
function beforeCodes(text: string): string {
  return text.slice(0, text.indexOf('  codes: {') === -1 ? undefined : text.indexOf('  codes: {'))
}

function optionsOf(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return []
  const own = 'properties' in schema && typeof schema.properties === 'object' && schema.properties !== null ? Object.keys(schema.properties) : []
  const inner = Object.values(schema).flatMap((value: unknown) => (Array.isArray(value) ? value.flatMap(optionsOf) : optionsOf(value)))
  return [...own, ...inner.filter((key) => key !== 'default' && key !== 'examples')]
}
