import { Readable } from 'node:stream'
import type { FastifyPluginCallback } from 'fastify'
import { Type } from 'typebox'
import type { AdminContext } from './context.ts'
import { refuse } from './errors.ts'

const text = 'text/plain; version=0.0.4; charset=utf-8'

/** `/metrics/proxy`: what the proxy of this run counts, so that requests and the control plane can be scraped at one address. */
export function proxyMetricsRoute({ engine, logError }: AdminContext): FastifyPluginCallback {
  return (app, _options, done) => {
    app.get(
      '/metrics/proxy',
      {
        schema: {
          summary: 'Metrics of the proxy that runs beside this control plane, for Prometheus',
          response: {
            200: { description: 'Text format 0.0.4.', content: { 'text/plain': { schema: Type.String() } } },
            404: { description: 'No proxy runs here: each is asked by itself.' },
            503: { description: 'The proxy does not answer.' },
          },
        },
      },
      async (request, reply) => {
        const metrics = engine?.()?.metrics
        if (!metrics) {
          const detail = 'No proxy runs beside this control plane; ask each proxy for its own metrics.'
          return refuse(request, reply, { status: 404, code: 'NO_PROXY', title: 'No proxy', detail })
        }
        try {
          const pieces = metrics()[Symbol.asyncIterator]()
          const first = await pieces.next()
          const all = async function* (): AsyncGenerator<string> {
            if (!first.done) yield first.value
            yield* { [Symbol.asyncIterator]: () => pieces }
          }
          return await reply.type(text).send(Readable.from(all()))
        } catch (error) {
          logError(error instanceof Error ? error : new Error(String(error)))
          const detail = 'The proxy does not answer; it may be starting again.'
          return refuse(request, reply, { status: 503, code: 'PROXY_SILENT', title: 'Proxy does not answer', detail })
        }
      },
    )
    done()
  }
}
