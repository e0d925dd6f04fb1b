import fc from 'fast-check'
import { group, listener, route, service, type Value } from './edit-values.ts'

type Fields = Record<string, unknown>

/** Files of a gateway as plain data, by path. What is text is written as it is: a file that is no YAML. */
export interface Written {
  readonly files: Readonly<Record<string, Fields | string>>
  readonly env: Readonly<Record<string, string>>
  readonly now: number
}

/** Changes one thing. */
export interface Edit {
  readonly apply: (before: Written) => Written
  /** For whoever reads a counterexample. */
  readonly [fc.toStringMethod]: () => string
}

const edit = (what: string, apply: Edit['apply']): Edit => ({ apply, [fc.toStringMethod]: () => what })

const root = 'gateway.yaml'
const overlay = 'overlays/prod.yaml'
const parts = ['a.yaml', 'b.yaml', 'c.yaml']

export const start: Written = {
  files: {
    [root]: { version: 1, name: 'test', listeners: { public: { port: 8080 } }, include: parts },
    'a.yaml': { services: { one: { endpoints: ['10.0.0.1:80'] } }, routes: { one: { match: { path: '/one/*' }, to: 'one' } } },
    'b.yaml': { services: { two: { endpoints: ['10.0.0.2:80'] } }, routes: { two: { match: { path: '/two' }, to: 'two' } } },
    'c.yaml': { groups: { g: { owner: 'team' } } },
    [overlay]: { 'x-nothing': 1 },
  },
  env: { TIME: '3s', PORT: '81' },
  now: Date.UTC(2030, 0, 1),
}

const file = fc.constantFrom(...parts)
const section = fc.constantFrom('routes', 'services')
const entity = fc.constantFrom('one', 'two', 'three', 'four', 'five')
const from = (values: readonly Value[]): fc.Arbitrary<Value> => fc.constantFrom(...values)

/** Those that may stand in `defaults`. */
const inherited = (values: readonly Value[]): Value[] =>
  values.filter(([key]) => ['timeouts', 'retry', 'websocket', 'headers', 'caps', 'connectTimeout', 'balancing', 'healthCheck'].includes(key))

/** Edits that leave many gateways sound. A key that has the value already is removed instead, so that edits can be undone. */
const sound: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(file, entity, from(route.sound)).map(([at, name, pair]) => toggledAtHome(at, 'routes', name, pair)) },
  { weight: 6, arbitrary: fc.tuple(file, entity, from(service.sound)).map(([at, name, pair]) => toggledAtHome(at, 'services', name, pair)) },
  fc.tuple(fc.constantFrom('one', 'two'), from(route.sound)).map(([name, pair]) => toggled(overlay, 'routes', name, pair)),
  fc.tuple(fc.constantFrom('one', 'two'), from(service.sound)).map(([name, pair]) => toggled(overlay, 'services', name, pair)),
  from(group.sound).map((pair) => toggled('c.yaml', 'groups', 'g', pair)),
  fc.tuple(fc.constantFrom('public', 'second'), from(listener.sound)).map(([name, pair]) => toggled(root, 'listeners', name, pair)),
  from(inherited(route.sound)).map((pair) => toggled(root, 'defaults', 'route', pair)),
  from(inherited(service.sound)).map((pair) => toggled(root, 'defaults', 'service', pair)),
  { weight: 2, arbitrary: fc.tuple(file, entity).map(([at, name]) => removed(at, 'routes', name)) },
  fc.tuple(file, file, section, entity).map(([at, to, which, name]) => moved(at, to, which, name)),
  fc.tuple(file, section).map(([at, which]) => turned(at, which)),
  fc.constantFrom('1s', '9s').map(variable),
  fc.constantFrom(2029, 2030, 2031).map((year) => edit(`in ${year}`, (before) => ({ ...before, now: Date.UTC(year, 4, 1) }))),
)

const other: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(file, entity, from(route.other)).map(([at, name, pair]) => toggledAtHome(at, 'routes', name, pair)) },
  { weight: 3, arbitrary: fc.tuple(file, entity, from(service.other)).map(([at, name, pair]) => toggledAtHome(at, 'services', name, pair)) },
  fc.tuple(fc.constantFrom(...parts, overlay), entity, from(route.sound)).map(([at, name, pair]) => toggled(at, 'routes', name, pair)),
  fc.tuple(file, from(group.other)).map(([at, pair]) => toggled(at, 'groups', 'h', pair)),
  fc.tuple(fc.constantFrom('public', 'second'), from(listener.other)).map(([name, pair]) => toggled(root, 'listeners', name, pair)),
  from(route.other).map((pair) => toggled(root, 'defaults', 'route', pair)),
  from(service.other).map((pair) => toggled(root, 'defaults', 'service', pair)),
  fc.tuple(fc.constantFrom(...parts, overlay), section, entity).map(([at, which, name]) => removed(at, which, name)),
  fc.tuple(file, file).map(([one, another]) => swapped(one, another)),
  fc.constant('bad').map(variable),
  file.map(broken),
)

/** Edits in a row: some that hardly ever break anything, and some that do. */
export const edits: fc.Arbitrary<readonly Edit[]> = fc.oneof(
  fc.array(sound, { maxLength: 40, size: 'max' }),
  fc.array(fc.oneof({ weight: 4, arbitrary: sound }, { weight: 1, arbitrary: other }), { maxLength: 40, size: 'max' }),
)

function sectionOf({ files }: Written, at: string, which: string): Fields {
  const whole = files[at]
  const inner = typeof whole === 'object' ? whole[which] : undefined
  return typeof inner === 'object' && inner !== null ? { ...inner } : {}
}

function withSection(before: Written, at: string, which: string, fields: Fields): Written {
  const whole = before.files[at]
  return typeof whole === 'string' ? before : { ...before, files: { ...before.files, [at]: { ...whole, [which]: fields } } }
}

/** In the file that has the entity already, if there is one. */
function toggledAtHome(at: string, which: string, name: string, pair: Value): Edit {
  const home = (before: Written): string => parts.find((one) => Object.hasOwn(sectionOf(before, one, which), name)) ?? at
  return edit(`${which}.${name}, or new in ${at}: ${JSON.stringify(pair)}`, (before) => toggled(home(before), which, name, pair).apply(before))
}

function toggled(at: string, which: string, name: string, [key, value]: Value): Edit {
  return edit(`${at}, ${which}.${name}: ${key} ${JSON.stringify(value)}`, (before) => {
    const fields = sectionOf(before, at, which)
    const own: Fields = { ...filled(which, at, name), ...(fields[name] as Fields | undefined) }
    const same = JSON.stringify(own[key]) === JSON.stringify(value)
    return withSection(before, at, which, { ...fields, [name]: { ...without(own, key), ...(!same && { [key]: value }) } })
  })
}

/** What a new entity needs to be read at all; an overlay says only what is different. */
function filled(which: string, at: string, name: string): Fields {
  if (at === overlay || which === 'defaults') return {}
  if (which === 'services') return { endpoints: ['10.0.1.1:80'] }
  if (which === 'listeners') return { port: 9000 }
  return which === 'routes' ? { match: { path: `/${name}/*` }, to: 'one' } : {}
}

function removed(at: string, which: string, name: string): Edit {
  return edit(`${at}: no ${which}.${name}`, (before) => withSection(before, at, which, without(sectionOf(before, at, which), name)))
}

function without(fields: Fields, key: string): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => name !== key))
}

function moved(at: string, to: string, which: string, name: string): Edit {
  return edit(`${which}.${name} from ${at} to ${to}`, (before) => {
    const own = sectionOf(before, at, which)[name]
    if (own === undefined || at === to) return before
    const left = removed(at, which, name).apply(before)
    return withSection(left, to, which, { ...sectionOf(left, to, which), [name]: own })
  })
}

function turned(at: string, which: string): Edit {
  return edit(`${at}: ${which} in reverse`, (before) =>
    withSection(before, at, which, Object.fromEntries(Object.entries(sectionOf(before, at, which)).reverse())),
  )
}

function swapped(one: string, another: string): Edit {
  return edit(`${one} and ${another} swapped`, (before) => ({
    ...before,
    files: { ...before.files, [one]: before.files[another] ?? {}, [another]: before.files[one] ?? {} },
  }))
}

function variable(TIME: string): Edit {
  return edit(`TIME=${TIME}`, (before) => ({ ...before, env: { ...before.env, TIME } }))
}

/** A file with half a line in it is as good as empty afterwards. */
function broken(at: string): Edit {
  return edit(`${at} broken or mended`, (before) => ({
    ...before,
    files: { ...before.files, [at]: typeof before.files[at] === 'string' ? {} : 'a: [' },
  }))
}
