import type { FastifyPluginCallback } from 'fastify'
import { type Static, Type } from 'typebox'
import { createFindPosition } from '../config/find-position.ts'
import { collect, type Collected } from '../diagnostics/collect.ts'
import { type JsonDiagnostic, diagnosticsToJson } from '../diagnostics/json.ts'
import type { AdminContext } from './context.ts'
import { document, documentOf } from './reply.ts'
import type { Look } from './source.ts'

const point = Type.Object({ line: Type.Integer(), column: Type.Integer() })
const place = {
  file: Type.Optional(Type.String()),
  path: Type.Optional(Type.String({ description: 'JSON Pointer inside the file.' })),
  range: Type.Optional(Type.Object({ start: point, end: point }, { description: 'Lines and columns from 1; the end is exclusive.' })),
}

export const findingSchema = Type.Object({
  code: Type.String(),
  severity: Type.Enum(['error', 'warning', 'info']),
  message: Type.String(),
  help: Type.Optional(Type.String()),
  ...place,
  related: Type.Optional(Type.Array(Type.Object({ message: Type.String(), ...place }))),
})

const findingsSchema = Type.Object({
  findings: Type.Array(findingSchema),
  summary: Type.Object({ error: Type.Integer(), warning: Type.Integer(), info: Type.Integer(), hidden: Type.Integer() }),
})

export type FindingView = Static<typeof findingSchema>
export type FindingsView = Static<typeof findingsSchema>
interface Findings {
  readonly shown: FindingView[]
  readonly summary: FindingsView['summary']
}

const known = new WeakMap<Look, Findings>()

/** Findings of one look at the files with their lines, looked up once. */
export function findings(look: Look): Findings {
  const before = known.get(look)
  if (before) return before
  const find = createFindPosition(look.compiled.files)
  const collected: Collected = collect(look.diagnostics, find)
  const { diagnostics, summary } = diagnosticsToJson(collected, find)
  const made = { shown: diagnostics.map(mutable), summary: { ...summary } }
  known.set(look, made)
  return made
}

function mutable({ related, ...finding }: JsonDiagnostic): FindingView {
  return related ? { ...finding, related: [...related] } : finding
}

/** `/api/v1/config/findings`: what is wrong with the files, as `validate` says it. */
export function findingsRoute({ source }: AdminContext): FastifyPluginCallback {
  const schema = {
    summary: 'Findings of the newest look at the files',
    response: { 200: documentOf('findings', findingsSchema, 'Findings with their lines.') },
  }
  return (app, _options, done) => {
    app.get('/api/v1/config/findings', { schema }, (request) => {
      const { shown, summary } = findings(source.last)
      return document(request, 'findings', 'findings', { findings: shown, summary })
    })
    done()
  }
}
