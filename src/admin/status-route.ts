import type { FastifyPluginCallback } from 'fastify'
import type { AdminContext } from './context.ts'
import { document, documentOf } from './reply.ts'
import { statusSchema } from './status-schema.ts'
import { statusView } from './status-view.ts'

/** `/api/v1/status`: which proxy has accepted what. */
export function statusRoute(cx: AdminContext): FastifyPluginCallback {
  return (app, _options, done) => {
    app.get(
      '/api/v1/status',
      { schema: { summary: 'Which proxy has accepted what', response: { 200: documentOf('status', statusSchema, 'Configuration and proxies.') } } },
      async (request) => document(request, 'status', 'status', await statusView(cx)),
    )
    done()
  }
}
