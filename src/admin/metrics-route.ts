import type { FastifyPluginCallback } from 'fastify'
import { Type } from 'typebox'
import type { AdminContext } from './context.ts'

/** `/metrics` in the text format of Prometheus. */
export function metricsRoute({ registry }: AdminContext): FastifyPluginCallback {
  return (app, _options, done) => {
    app.get(
      '/metrics',
      {
        schema: {
          summary: 'Metrics for Prometheus',
          response: { 200: { description: 'Text format 0.0.4.', content: { 'text/plain': { schema: Type.String() } } } },
        },
      },
      async (_request, reply) => {
        reply.type(registry.contentType)
        return registry.metrics()
      },
    )
    done()
  }
}
