import type { Node } from '../../model/gateway.ts'
import type { NginxParts } from '../../nginx/parts.ts'
import { anchored } from '../../nginx/path-data.ts'
import { allowedMethods, type Cors } from './model.ts'

export const nginx: NginxParts<Cors> = {
  state: (cors, node: Node) => ({
    ...(cors.origins.some((origin) => origin.type === 'any') ? { any: true } : {}),
    exact: cors.origins.flatMap((origin) => (origin.type === 'exact' ? [origin.value] : [])),
    regex: cors.origins.flatMap((origin) => (origin.type === 'regex' ? [anchored(origin.value)] : [])),
    methods: node.kind === 'route' ? allowedMethods(cors, node).join(', ') : '',
    headers: cors.headers.join(', '),
    expose: cors.exposeHeaders.join(', '),
    maxAge: String(Math.floor(cors.maxAge / 1000)),
    credentials: cors.credentials,
  }),
}
