import { Type } from 'typebox'
import { duration, percent, secretRef } from '../../config/schema/scalars.ts'

/** Those that have a body of their own among the gateway's errors. */
const statuses = [400, 401, 403, 404, 405, 408, 413, 415, 429, 431, 500, 501, 502, 503, 504] as const
type Status = (typeof statuses)[number]

/** What the user writes. */
export interface Written {
  delay?: { time: string; percent?: string }
  abort?: { status: Status; percent?: string }
  onlyWith?: { header: string; secret: string }
}

const share = (description: string) => Type.Optional(percent({ description, default: '100%' }))

export const schema = Type.Object(
  {
    delay: Type.Optional(
      Type.Object(
        { time: duration({ description: 'How much later the request goes on.' }), percent: share('Share of the requests that are delayed.') },
        { additionalProperties: false, description: 'Lets requests wait.', examples: [{ time: '200ms', percent: '10%' }] },
      ),
    ),
    abort: Type.Optional(
      Type.Object(
        {
          status: Type.Enum([...statuses], {
            description: 'Status of the answer; gRPC callers get the grpc-status that goes with it.',
            examples: [503],
          }),
          percent: share('Share of the requests that are refused, after their delay.'),
        },
        { additionalProperties: false, description: 'Answers in place of the service.', examples: [{ status: 503, percent: '1%' }] },
      ),
    ),
    onlyWith: Type.Optional(
      Type.Object(
        {
          header: Type.String({
            pattern: '^[Xx]-[A-Za-z0-9-]{1,62}$',
            title: 'header name that begins with x-',
            description: 'Header that must hold the secret; it never reaches the service.',
            examples: ['x-fault'],
          }),
          secret: secretRef({
            description: 'What the header must hold: at least 16 visible ASCII characters.',
            examples: ['secret://env/FAULT_KEY'],
          }),
        },
        {
          additionalProperties: false,
          description: 'Only requests with this header are touched; without the key all requests of the route are.',
          examples: [{ header: 'x-fault', secret: 'secret://env/FAULT_KEY' }],
        },
      ),
    ),
  },
  {
    additionalProperties: false,
    minProperties: 1,
    description: 'Disturbs requests on purpose, to see how callers take it.',
    examples: [{ delay: { time: '200ms', percent: '10%' }, abort: { status: 503, percent: '1%' } }],
  },
)
