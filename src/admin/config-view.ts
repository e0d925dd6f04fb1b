import type { FastifyPluginCallback } from 'fastify'
import { type Static, Type } from 'typebox'
import { compare } from '../lib/compare.ts'
import type { Node, Policies } from '../model/gateway.ts'
import type { Start } from '../nginx/start.ts'
import { configState } from './config-state.ts'
import type { AdminContext } from './context.ts'
import { redact } from './redact.ts'
import { refuse } from './errors.ts'
import { document, documentOf, errorsSchema } from './reply.ts'
import { configStateSchema } from './status-schema.ts'
import { configStateView } from './status-view.ts'
import { versionsOf } from './versions.ts'

const node = Type.Record(Type.String(), Type.Unknown(), { description: 'A node of the merged model, with defaults and groups laid in.' })
const nodes = (description: string) => Type.Record(Type.String(), node, { description })

const startSchema = Type.Object(
  {
    listeners: Type.Array(Type.Record(Type.String(), Type.Unknown()), { description: 'Address, port and TLS version of each listener.' }),
    trusts: Type.Array(Type.String(), { description: 'Ways in which certificates of services are checked, by name.' }),
  },
  { description: 'Only for nginx: what it can be told only at start. A difference is a reload.' },
)

const configSchema = Type.Object({
  config: configStateSchema,
  target: Type.Enum(['envoy', 'nginx'], { description: 'The engine that it is compiled for.' }),
  name: Type.String({ description: 'Name of the gateway.' }),
  listeners: nodes('Listeners by name.'),
  services: nodes('Services by name.'),
  routes: nodes('Routes by name.'),
  policies: Type.Record(Type.String(), Type.Unknown(), { description: 'Gateway-wide values of features.' }),
  files: Type.Record(Type.String(), Type.String(), { description: 'Hash of each file that this was made of.' }),
  resources: Type.Record(Type.String(), Type.String(), { description: 'Version of each resource that proxies are given, by type and name.' }),
  start: Type.Optional(startSchema),
})

type ConfigView = Static<typeof configSchema>

/** `/api/v1/config`: what is served, as one merged model without secrets; what `plan --against live` compares with. */
export function configRoute(cx: AdminContext): FastifyPluginCallback {
  const schema = {
    summary: 'The configuration that is served, merged and redacted',
    response: { 200: documentOf('config', configSchema, 'Listeners, services, routes.'), 404: errorsSchema },
  }
  return (app, _options, done) => {
    app.get('/api/v1/config', { schema }, (request, reply) => {
      const view = configView(cx)
      if (view) return document(request, 'config', configState(cx.source, cx.history).version ?? '', view)
      return refuse(request, reply, { status: 404, code: 'NOTHING_PUBLISHED', title: 'Nothing published', detail: 'No configuration is served yet.' })
    })
    done()
  }
}

/** Undefined when nothing is served. */
function configView(cx: AdminContext): ConfigView | undefined {
  const published = cx.history.now()
  if (!published) return undefined
  const { good } = published
  const { gateway } = good
  return {
    config: configStateView(cx),
    target: good.target,
    name: gateway.name,
    listeners: collection(gateway.listeners),
    services: collection(gateway.services),
    routes: collection(gateway.routes),
    policies: plain(gateway.policies),
    files: Object.fromEntries([...good.files].map(([file, { hash }]) => [file, hash] as const).sort(([a], [b]) => compare(a, b))),
    resources: Object.fromEntries([...versionsOf(good)].map(([key, { version }]) => [key, version] as const).sort(([a], [b]) => compare(a, b))),
    ...(good.target === 'nginx' && { start: startView(good.start) }),
  }
}

/** Without the certificates of authorities: their names say whether they are the same. */
function startView({ listeners, trusts }: Start): Static<typeof startSchema> {
  return { listeners: listeners.map((listener) => ({ ...listener })), trusts: [...trusts.keys()].sort(compare) }
}

function collection(from: ReadonlyMap<string, Node>): Record<string, Record<string, unknown>> {
  const entries = [...from].map(([name, value]) => [name, plain(value)] as const)
  return Object.fromEntries(entries.sort(([a], [b]) => compare(a, b)))
}

const redacted = new WeakMap<object, Record<string, unknown>>()

/** Redacted once for each node; nodes that did not change are the same objects. */
function plain(value: Node | Policies): Record<string, unknown> {
  const known = redacted.get(value)
  if (known) return known
  const made = sorted(redact(value)) as Record<string, unknown>
  redacted.set(value, made)
  return made
}

/** Keys in one order, so that equal nodes are equal texts. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => compare(a, b))
      .map(([key, inner]) => [key, sorted(inner)]),
  )
}
