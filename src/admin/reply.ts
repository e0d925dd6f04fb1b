import type { FastifyRequest } from 'fastify'
import { type Static, type TSchema, Type } from 'typebox'

/** The shapes of every JSON reply: `data`, `meta`, `links`, or `errors`. */
const meta = Type.Object(
  {
    timestamp: Type.String({ format: 'date-time' }),
    requestId: Type.String(),
    version: Type.Literal('v1', { description: 'Version of the API.' }),
  },
  { description: 'About the reply, not about the subject.' },
)

/** Schema of a successful reply with these attributes. */
export function documentOf<A extends TSchema>(type: string, attributes: A, description: string) {
  return Type.Object(
    { data: Type.Object({ id: Type.String(), type: Type.Literal(type), attributes }), meta, links: Type.Object({ self: Type.String() }) },
    { description },
  )
}

/** A successful reply. `id` names the one thing of this type that is shown. */
export function document<A>(request: FastifyRequest, type: string, id: string, attributes: A) {
  return { data: { id, type, attributes }, meta: { ...replyMeta(request), version: 'v1' as const }, links: { self: request.routeOptions.url ?? '/' } }
}

const problem = Type.Object({
  id: Type.String(),
  status: Type.String({ description: 'The HTTP status, as text.' }),
  code: Type.String({ description: 'Stable, in capitals.' }),
  title: Type.String(),
  detail: Type.String(),
  source: Type.Optional(Type.Object({ pointer: Type.String() })),
  meta: Type.Object({ timestamp: Type.String({ format: 'date-time' }), requestId: Type.String() }),
})

export const errorsSchema = Type.Object({ errors: Type.Array(problem) }, { description: 'What went wrong.' })
export type Errors = Static<typeof errorsSchema>

/** One thing that went wrong, before it knows its request. */
export interface Problem {
  readonly status: number
  readonly code: string
  readonly title: string
  readonly detail: string
}

/** A reply that is no success. The text must hold nothing that the caller may not see. */
export function errors(request: FastifyRequest, problems: readonly Problem[]): Errors {
  return {
    errors: problems.map(({ status, ...problem }, index) => ({
      id: `error_${request.id.replace(/^req_/, '')}${index === 0 ? '' : `_${index}`}`,
      status: String(status),
      ...problem,
      meta: replyMeta(request),
    })),
  }
}

function replyMeta(request: FastifyRequest): { timestamp: string; requestId: string } {
  return { timestamp: new Date().toISOString(), requestId: request.id }
}
