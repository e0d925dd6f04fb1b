import type { NginxParts } from '../../nginx/parts.ts'
import type { GrpcWeb } from './model.ts'

export const nginx: NginxParts<GrpcWeb> = {
  *support() {
    yield {
      kind: 'refused',
      message: 'nginx cannot translate gRPC-Web: it has no way to turn the trailers of an answer into a part of its body',
      path: ['grpcWeb'],
      help: 'run this route on Envoy, or let the service speak gRPC-Web itself with `protocol: http1`',
    }
  },
}
