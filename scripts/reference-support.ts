import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Compiler } from '../src/compile.ts'
import type { Feature } from '../src/feature.ts'
import type { Cx } from '../src/model/cx.ts'
import type { Gateway } from '../src/model/gateway.ts'
import type { Target } from '../src/target.ts'
import { type Exceptions, readExceptions } from '../test/conformance/exceptions.ts'
import { cell } from './reference-rows.ts'

const engines = ['envoy', 'nginx'] as const satisfies readonly Target[]
const titles: Readonly<Record<Target, string>> = { envoy: 'Envoy', nginx: 'nginx' }

/** A gateway, and where its nodes were written. */
interface Compiled {
  readonly gateway: Gateway
  readonly at: Cx['at']
}

/** What the page says of one feature, or of one part of the spine. */
interface Entry {
  readonly name: string
  readonly link?: string
  readonly what: string
  /** Lines under the tables; an engine without one is equal, and has all of it. */
  readonly notes: Readonly<Record<Target, readonly string[]>>
  /** Engines that have nothing of it. */
  readonly missing: ReadonlySet<Target>
}

/** The page with every feature and what each engine makes of it: from the READMEs, from what engines refuse in the golden cases, and from the exceptions of the conformance test. */
export async function supportPage(features: readonly Feature[], root: string): Promise<string> {
  const exceptions = readExceptions()
  const gateways = await gatewaysOf(join(root, 'test/features'))
  const entries = features.map((feature) => featureEntry(feature, gateways, exceptions, root))
  const spine = spineEntries(join(root, 'test/conformance/cases'), exceptions)
  const everywhere = notesOf(exceptions, (id) => id === undefined)
  return [
    '# Features and engines',
    '',
    'The same gateway.yaml runs on Envoy 1.40 and on nginx (1.22 with the Lua module, or OpenResty). [The conformance test](../test/conformance/README.md) sends the same requests',
    'to both and compares answers and what services see. `equal`: no difference. `equal with note`: works, and the notes below say what is different or refused. `refused`: the compile for that engine fails with the reason; nothing is left out in silence.',
    '',
    ...table(entries),
    '',
    '## What belongs to no feature',
    '',
    ...table(spine),
    '',
    '## Notes',
    '',
    '### Everywhere',
    '',
    ...bullets({ notes: everywhere }),
    '',
    ...[...entries, ...spine].flatMap((entry) => section(entry)),
  ].join('\n')
}

function table(entries: readonly Entry[]): string[] {
  const rows = entries.map((entry) => {
    const name = entry.link === undefined ? entry.name : `[${entry.name}](${entry.link})`
    return `| ${[name, cell(entry.what), ...engines.map((engine) => status(entry, engine))].join(' | ')} |`
  })
  return ['| | what it does | Envoy | nginx |', '|---|---|---|---|', ...rows]
}

function status({ notes, missing, name }: Entry, engine: Target): string {
  if (missing.has(engine)) return 'refused'
  return notes[engine].length === 0 ? 'equal' : `[equal with note](#${name})`
}

function section(entry: Entry): string[] {
  return engines.every((engine) => entry.notes[engine].length === 0) ? [] : [`### ${entry.name}`, '', ...bullets(entry), '']
}

function bullets({ notes }: Pick<Entry, 'notes'>): string[] {
  return engines.flatMap((engine) => notes[engine].map((note) => `- ${titles[engine]}: ${note}`))
}

function featureEntry(feature: Feature, gateways: readonly Compiled[], exceptions: Exceptions, root: string): Entry {
  const { name } = feature
  const readme = readFileSync(join(root, 'src/features', name, 'README.md'), 'utf8')
  const what = readme.split('\n').find((line) => line !== '' && !line.startsWith('#'))
  const told = (engine: Target): string | undefined => new RegExp(`^\\| ${titles[engine]} \\| (.*) \\|$`, 'm').exec(readme)?.[1]
  if (what === undefined || told('envoy') === undefined) throw new Error(`the README of ${name} does not say what it is or what Envoy supports`)
  const written = notesOf(exceptions, (id) => id?.startsWith(`${name}/`) ?? false)
  const notes = (engine: Target): string[] => {
    const own = told(engine)
    return [...(own === undefined || own === 'complete' ? [] : [own]), ...limits(feature, engine, gateways), ...written[engine]]
  }
  return {
    name,
    link: `../src/features/${name}/README.md`,
    what,
    notes: { envoy: notes('envoy'), nginx: notes('nginx') },
    missing: new Set(engines.filter((engine) => !feature[engine])),
  }
}

/** What an engine says of the values that the golden cases give a feature. */
function limits(feature: Feature, engine: Target, gateways: readonly Compiled[]): string[] {
  const found = gateways.flatMap(({ gateway: { listeners, services, routes }, at }) => {
    const cx: Cx = { listener: (name) => listeners.get(name), service: (name) => services.get(name), route: (name) => routes.get(name), at }
    return [...listeners.values(), ...services.values(), ...routes.values()].flatMap((node) => {
      const value = node.policies[feature.name]
      const said = value === undefined ? [] : [...(feature[engine]?.support?.(value, node, cx) ?? [])]
      return said.map(({ kind, message }) => (kind === 'refused' ? `refused: ${message}` : message))
    })
  })
  return [...new Set(found)]
}

/** Notes of exceptions by engine; one that names no engine is about both. */
function notesOf(exceptions: Exceptions, about: (id: string | undefined) => boolean): Record<Target, string[]> {
  const notes = (engine: Target): string[] => {
    const found = exceptions.differences.filter((one) => about(one.case) && (one.engine ?? engine) === engine)
    return [...new Set(found.flatMap(({ note }) => note ?? []))]
  }
  return { envoy: notes('envoy'), nginx: notes('nginx') }
}

/** Cases of the spine; the first line of each gateway.yaml says what it is about. */
function spineEntries(dir: string, exceptions: Exceptions): Entry[] {
  return readdirSync(dir)
    .filter((name) => existsSync(join(dir, name, 'gateway.yaml')))
    .map((name) => {
      const what = /^# (.*)$/m.exec(readFileSync(join(dir, name, 'gateway.yaml'), 'utf8'))?.[1]
      if (what === undefined) throw new Error(`the first line of test/conformance/cases/${name}/gateway.yaml does not say what it is about`)
      const id = `spine/${name}`
      const missing = exceptions.refusals.filter((refusal) => refusal.case === id).map(({ engine }) => engine)
      return { name, what, notes: notesOf(exceptions, (one) => one === id), missing: new Set(missing) }
    })
}

/** The gateways of all golden cases that compile for one engine at least. */
async function gatewaysOf(dir: string): Promise<Compiled[]> {
  const files = readdirSync(dir).flatMap((feature) => readdirSync(join(dir, feature)).map((name) => join(dir, feature, name, 'gateway.yaml')))
  const found: Compiled[] = []
  for (const file of files.sort()) {
    const good = (await new Compiler(file, { env: {} }).compile()).good ?? (await new Compiler(file, { env: {}, target: 'nginx' }).compile()).good
    if (good) found.push(good)
  }
  return found
}
