import type { Point, Scope } from '../../feature.ts'
import { compare } from '../../lib/compare.ts'
import { group } from './group.ts'
import { listener } from './listener.ts'
import { route } from './route.ts'
import { namePattern } from './scalars.ts'
import type { JsonSchema } from './json-schema.ts'
import { service, serviceSources } from './service.ts'
import { test } from './test.ts'

type Properties = Record<string, JsonSchema>
type Spine = { readonly properties: Properties; readonly required?: readonly string[]; readonly description?: string }

/** The language: the spine's keys and those that features add, as one JSON Schema (draft 7). Deterministic for equal points in any order. */
export function buildSchema(points: readonly Point[]): JsonSchema {
  const sorted = points.toSorted((a, b) => compare(a.key, b.key))
  const at = (scope: Scope): readonly Point[] => sorted.filter((point) => point.at === scope)
  const $defs: Properties = { test: plain(test) as JsonSchema }
  for (const point of [...at('route'), ...at('service')]) define($defs, `${point.at}.${point.key}`, { anyOf: [none, plain(point.schema) as JsonSchema], ...words(plain(point.schema) as JsonSchema) })
  const policies = (scope: 'route' | 'service'): Properties => refs(at(scope).map((point) => [point.key, `${scope}.${point.key}`]))
  const own = (scope: Scope): Properties => Object.fromEntries(at(scope).map((point) => [point.key, plain(point.schema) as JsonSchema]))
  $defs['listener'] = entity(spine(listener), own('listener'))
  $defs['service'] = { ...entity(spine(service), policies('service')), oneOf: exactlyOne(serviceSources) }
  $defs['defaults.route'] = bag('Policies of every route that does not say otherwise.', policies('route'))
  $defs['defaults.service'] = bag('Policies of every service that does not say otherwise.', policies('service'))
  $defs['group'] = entity(spine(group), { policy: bag('Policies of every route of the group that does not say otherwise.', policies('route')) })
  $defs['route'] = { ...entity(spine(route), policies('route'), own('action')), oneOf: exactlyOne(['to', ...at('action').map((point) => point.key)]) }
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: 'gateway.schema.json',
    title: 'gateway.yaml',
    description: 'An API gateway: listeners, services and the routes between them.',
    type: 'object',
    required: ['version'],
    properties: join(spineKeys(), own('gateway')),
    patternProperties: { '^x-': { description: 'Free for anchors; ignored.' } },
    additionalProperties: false,
    $defs,
  }
}

const none: JsonSchema = { type: 'string', const: 'none', description: 'Clears what groups and defaults say.' }

function spineKeys(): Properties {
  const collection = (def: string, description: string): JsonSchema => ({ description, type: 'object', propertyNames: { type: 'string', pattern: namePattern }, additionalProperties: ref(def) })
  return {
    version: { description: 'Version of this language.', type: 'integer', const: 1, examples: [1] },
    name: { description: 'Name of the gateway, seen in metrics and in plans.', type: 'string', pattern: namePattern, title: 'name', default: 'gateway', examples: ['shop'] },
    include: {
      description: 'Other files and patterns, relative to this file; they are merged by name.',
      type: 'array',
      items: { type: 'string', minLength: 1 },
      examples: [['routes/*.yaml']],
    },
    listeners: collection('listener', 'Ports that clients connect to, by name.'),
    services: collection('service', 'Backends, by name.'),
    groups: collection('group', 'What several routes have in common, by name.'),
    routes: collection('route', 'Which requests go where, by name. The order never matters.'),
    defaults: {
      description: 'Policies that hold unless a group, route or service says otherwise.',
      type: 'object',
      properties: { route: ref('defaults.route'), service: ref('defaults.service') },
      additionalProperties: false,
    },
    tests: { description: 'Requests and what must come of them.', type: 'array', items: ref('test') },
  }
}

const ref = (def: string): JsonSchema => ({ $ref: `#/$defs/${def}` })
const refs = (names: readonly (readonly [key: string, def: string])[]): Properties => Object.fromEntries(names.map(([key, def]) => [key, ref(def)]))
const bag = (description: string, properties: Properties): JsonSchema => ({ description, type: 'object', properties, additionalProperties: false })
const exactlyOne = (keys: readonly string[]): JsonSchema[] => keys.map((key) => ({ required: [key] }))

function entity(own: Spine, ...added: readonly Properties[]): JsonSchema {
  const { description, properties, required } = own
  return { ...(description !== undefined && { description }), type: 'object', ...(required && { required }), properties: join(properties, ...added), additionalProperties: false }
}

/** Keys of several owners; the same key twice is a mistake in a feature. */
function join(...parts: readonly Properties[]): Properties {
  const joined: Properties = {}
  for (const part of parts) for (const [key, value] of Object.entries(part)) define(joined, key, value)
  return joined
}

function define(into: Properties, key: string, schema: JsonSchema): void {
  if (Object.hasOwn(into, key)) throw new Error(`two features define the key "${key}" in the same place`)
  into[key] = schema
}

const spine = (schema: object): Spine => plain(schema) as Spine

/** TypeBox carries types in hidden properties; only plain JSON goes into the schema. */
function plain(schema: object): unknown {
  return JSON.parse(JSON.stringify(schema))
}

function words({ description, default: fallback, examples }: JsonSchema): JsonSchema {
  return { ...(description !== undefined && { description }), ...(fallback !== undefined && { default: fallback }), ...(examples && { examples }) }
}

/** The text of `schema/gateway.schema.json`. */
export function renderSchema(points: readonly Point[]): string {
  return `${JSON.stringify(buildSchema(points), null, 2)}\n`
}
