import { Ajv } from 'ajv'
import { type Static, Type } from 'typebox'
import { parse } from 'yaml'
import { parseDuration } from '../../src/lib/parse-duration.ts'
import { likely } from '../support/chance.ts'

const strict = { additionalProperties: false }
const count = Type.Union([
  Type.Integer({ minimum: 0 }),
  Type.Tuple([Type.Integer({ minimum: 0 }), Type.Integer({ minimum: 0 })]),
  Type.String({ pattern: '^[0-9]+(\\.[0-9]+)?%$' }),
])
const counts = Type.Record(Type.String(), count)
const written = Type.Union([Type.String(), Type.Number(), Type.Boolean()])
const headerValues = Type.Record(Type.String(), Type.Union([written, Type.Null(), Type.Array(written)]))

const Expect = Type.Object(
  {
    status: Type.Optional(Type.Union([Type.Integer(), Type.Array(Type.Integer())])),
    route: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    service: Type.Optional(Type.Union([Type.String(), Type.Null(), Type.Array(Type.String())])),
    path: Type.Optional(Type.String()),
    method: Type.Optional(Type.String()),
    upstreamHeaders: Type.Optional(headerValues),
    upstreamBody: Type.Optional(Type.String()),
    headers: Type.Optional(headerValues),
    body: Type.Optional(
      Type.Union([
        Type.String(),
        Type.Object({ contains: Type.String() }, strict),
        Type.Object({ json: Type.Record(Type.String(), Type.Unknown()) }, strict),
      ]),
    ),
    statuses: Type.Optional(counts),
    sticky: Type.Optional(Type.Literal(true)),
    instances: Type.Optional(counts),
    reached: Type.Optional(counts),
    attempts: Type.Optional(count),
  },
  strict,
)

const RequestStep = Type.Object(
  {
    request: Type.String({ pattern: '^[A-Z]+ [^ ].*$' }),
    host: Type.Optional(Type.String()),
    listener: Type.Optional(Type.String()),
    headers: Type.Optional(Type.Record(Type.String(), Type.Union([written, Type.Array(written)]))),
    body: Type.Optional(Type.String()),
    times: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_000 })),
    together: Type.Optional(Type.Boolean()),
    held: Type.Optional(Type.String()),
    wait: Type.Optional(Type.Boolean()),
    expect: Expect,
  },
  strict,
)

const PauseStep = Type.Object({ pause: Type.String({ pattern: '^[0-9.]+m?s$' }) }, strict)
const endpoint = Type.String({ pattern: '^[^/]+/.+$' })
const HealthStep = Type.Union([Type.Object({ sick: endpoint }, strict), Type.Object({ well: endpoint }, strict)])
const Steps = Type.Array(Type.Union([RequestStep, PauseStep, HealthStep]), { minItems: 1 })

export type Expect = Static<typeof Expect>
export type RequestStep = Static<typeof RequestStep>
export type Step = RequestStep | Static<typeof PauseStep> | Static<typeof HealthStep>

const ajv = new Ajv({ allErrors: true, strictTypes: false, strictTuples: false })
const valid = ajv.compile(Steps)
const validRequest = ajv.compile(RequestStep)

/** Reads the text of a requests.yaml. Throws with every mistake, each with the number of its step. */
export function parseSteps(text: string, file: string): readonly Step[] {
  const value: unknown = parse(text, { schema: 'core' })
  if (valid(value)) return (value as Step[]).map((step, index) => withSense(step, `${file} step ${index + 1}`))
  const steps: unknown[] = Array.isArray(value) ? value : []
  const problems = steps.flatMap((step, index) => {
    if (typeof step === 'object' && step !== null && !('request' in step)) return []
    return validRequest(step) ? [] : [`step ${index + 1}: ${ajv.errorsText(validRequest.errors, { dataVar: '' })}`]
  })
  throw new Error(`${file} is no list of steps: ${problems.length > 0 ? problems.join('; ') : ajv.errorsText(valid.errors)}`)
}

/** The step, unless a percentage in it says nothing about so few requests. */
function withSense(step: Step, where: string): Step {
  const { statuses, instances, reached, attempts } = 'request' in step ? step.expect : {}
  for (const count of [statuses, instances, reached, { attempts: attempts ?? 0 }].flatMap((counts) => Object.values(counts ?? {}))) {
    try {
      bounds(count, 'request' in step ? (step.times ?? 1) : 1)
    } catch (error) {
      throw new Error(where, { cause: error })
    }
  }
  return step
}

/** Length of a pause in milliseconds; at most a second, which no test may sleep longer than. */
export function pauseMs(text: string): number {
  const ms = parseDuration(text)
  if (ms === undefined || ms > 1_000) throw new Error(`a pause of ${text} is too long or no duration`)
  return ms
}

export type Count = Static<typeof count>

/** Bounds of a count, both inclusive. A percentage is the chance of each of the `times` requests: no bound of it fails by chance. */
export function bounds(written: Count, times: number): readonly [least: number, most: number] {
  if (typeof written === 'string') return likely(times, Number(written.slice(0, -1)) / 100)
  return typeof written === 'number' ? [written, written] : [written[0], written[1]]
}

/** Values of a header as they go over the wire, one element a line. */
export function valuesOf(written: string | number | boolean | readonly (string | number | boolean)[]): string[] {
  return (Array.isArray(written) ? written : [written]).map(String)
}

/** The step as its nth request says it: `{{n}}` stands for the number of the request, from 1. */
export function numbered(step: RequestStep, n: number): RequestStep {
  const fill = (text: string): string => text.replaceAll('{{n}}', String(n))
  const headers = Object.entries(step.headers ?? {}).map(([name, value]) => [name, valuesOf(value).map(fill)])
  return { ...step, request: fill(step.request), headers: Object.fromEntries(headers) as Record<string, string[]> }
}
