import type { FastifyPluginCallback } from 'fastify'
import { Type } from 'typebox'
import { type AdminContext } from './context.ts'
import { healthDetail, healthDetailSchema } from './health-detail.ts'
import { readiness } from './readiness.ts'
import { document, documentOf, errors, errorsSchema } from './reply.ts'

const live = Type.Object({ status: Type.Literal('up') })
const ready = Type.Object({
  status: Type.Union([Type.Literal('ready'), Type.Literal('degraded')], { description: 'Degraded: ready, but serving the last good configuration.' }),
  reasons: Type.Array(Type.String()),
})

/** `/health/live`, `/health/ready`, `/health/detailed`. */
export function health(cx: AdminContext): FastifyPluginCallback {
  return (app, _options, done) => {
    app.get(
      '/health/live',
      { schema: { summary: 'Whether the process answers at all', response: { 200: documentOf('health', live, 'The event loop runs.') } } },
      (request) => document(request, 'health', 'live', { status: 'up' }),
    )
    app.get(
      '/health/ready',
      {
        schema: {
          summary: 'Whether proxies get a configuration from here',
          response: { 200: documentOf('health', ready, 'A configuration is published.'), 503: errorsSchema },
        },
      },
      async (request, reply) => {
        const { missing, degraded } = await readiness(cx)
        if (missing.length === 0)
          return document(request, 'health', 'ready', { status: degraded.length === 0 ? 'ready' : 'degraded', reasons: degraded })
        reply.code(503)
        return errors(
          request,
          missing.map((detail) => ({ status: 503, code: 'NOT_READY', title: 'Not ready', detail })),
        )
      },
    )
    app.get(
      '/health/detailed',
      {
        schema: {
          summary: 'What works and what does not',
          response: { 200: documentOf('health', healthDetailSchema, 'Every part with its state.') },
        },
      },
      async (request) => document(request, 'health', 'detailed', await healthDetail(cx)),
    )
    done()
  }
}
