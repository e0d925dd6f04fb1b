import { type Static, Type } from 'typebox'

const time = (description: string) => Type.String({ format: 'date-time', description })
const count = (description: string) => Type.Integer({ minimum: 0, description })

export const configStateSchema = Type.Object({
  state: Type.Enum(['serving', 'held', 'last-good', 'none'], {
    description:
      'serving: the files are served. held: a change waits until it is certain. last-good: the files are not usable, something older is served. none: nothing is served.',
  }),
  version: Type.Optional(Type.String({ description: 'Hash of all versions that are served: equal on every replica with the same files.' })),
  since: Type.Optional(time('When that version was published.')),
  reason: Type.Optional(Type.String({ description: 'Why the newest files are not served.' })),
})

const place = Type.Object({
  file: Type.String(),
  line: Type.Optional(Type.Integer({ minimum: 1 })),
  column: Type.Optional(Type.Integer({ minimum: 1 })),
  path: Type.String({ description: 'JSON Pointer inside the file.' }),
})

const culprit = Type.Object({ node: Type.String({ description: 'Such as route/orders.' }), ...place.properties })

const rejection = Type.Object({
  type: Type.String(),
  name: Type.String(),
  version: Type.String(),
  heldAt: Type.Optional(Type.String({ description: 'Version that the proxy goes on using; absent when it has none.' })),
  since: time('When the proxy refused it.'),
  message: Type.String({ description: "The proxy's own words, without dumps." }),
  meaning: Type.Optional(Type.String({ description: 'What they mean, where they need help.' })),
  culprits: Type.Array(culprit, { description: 'One when it is certain, several when it is one of them, none when no file is to blame.' }),
})

const typeStatus = Type.Object({
  subscribed: Type.Union([Type.Literal('all'), Type.Integer()], { description: 'Everything, or the number of names asked for.' }),
  wanted: count('Resources that the proxy should have.'),
  publish: count('Number of the last publish that changed the type.'),
  sent: count('Of those, how many were sent in the newest version.'),
  accepted: count('Of those, how many were accepted.'),
})

const proxyFields = { id: Type.String(), cluster: Type.String(), agent: Type.String(), version: Type.String(), address: Type.String() }

export const proxySchema = Type.Object({
  ...proxyFields,
  connectedSince: time('When the stream was opened.'),
  state: Type.Enum(['current', 'updating', 'rejected'], { description: 'rejected: it refuses something; updating: something is not accepted yet.' }),
  types: Type.Record(Type.String(), typeStatus),
  rejected: Type.Array(rejection),
  waiting: Type.Array(Type.String(), { description: 'What the proxy keeps us waiting for.' }),
  suppressed: count('Sends that did not happen because the version was refused.'),
  staleNonces: count('Answers to responses that were not under way.'),
})

const refusedSchema = Type.Object({ ...proxyFields, at: time('When it was refused.'), reason: Type.String() })

const sickEndpoint = Type.Object({
  service: Type.String(),
  address: Type.String({ description: 'Of a name, what it was resolved to.' }),
  reason: Type.String({ description: 'Such as "failed health check" or "ejected".' }),
})

const engineSchema = Type.Object(
  {
    state: Type.String({ description: 'Such as running, restarting.' }),
    detail: Type.Optional(Type.String()),
    sickEndpoints: Type.Optional(
      Type.Union([Type.Array(sickEndpoint, { maxItems: 100 }), Type.Literal('unknown')], {
        description: 'Endpoints that get no requests, the first 100; unknown when the proxy does not answer within a second.',
      }),
    ),
  },
  { description: 'The proxy that `sluice run` supervises, or the nginx that `sluice serve` works beside; absent when there is none.' },
)

export const statusSchema = Type.Object({
  config: configStateSchema,
  publish: count('Publishes that changed something.'),
  proxies: Type.Array(proxySchema),
  refused: Type.Array(refusedSchema, { description: 'Proxies that are not served.' }),
  engine: Type.Optional(engineSchema),
})

export type StatusView = Static<typeof statusSchema>
export type ProxyView = Static<typeof proxySchema>
export type EngineView = Static<typeof engineSchema>
export type RejectionView = Static<typeof rejection>
export type ConfigStateView = Static<typeof configStateSchema>
