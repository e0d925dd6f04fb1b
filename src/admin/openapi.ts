import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'

/** Describes every route that is added afterwards; serve the result with {@link openapiRoute}. */
export async function useOpenapi(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'sluice admin API', version: '1', description: 'State of the control plane and its proxies. Read-only; not for the public.' },
    },
  })
}

/** `/openapi.json`, made of the schemas of the routes. */
export function openapiRoute(app: FastifyInstance): void {
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger())
}
