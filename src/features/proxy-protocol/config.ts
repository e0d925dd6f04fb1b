import { Type } from 'typebox'

export const schema = Type.Literal(true, {
  description:
    'Every connection begins with a PROXY protocol header (version 1 or 2) in which the load balancer in front names the client; a connection without one is closed. Switch it on only where nobody but the load balancer can connect.',
  examples: [true],
})
