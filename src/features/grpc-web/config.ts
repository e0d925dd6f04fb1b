import { Type } from 'typebox'

export const schema = Type.Literal(true, {
  description: 'Translates gRPC-Web, which browsers speak, to gRPC for the service, and its answers back. Plain gRPC still passes.',
  examples: [true],
})
