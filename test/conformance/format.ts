import { Ajv } from 'ajv'
import { type Static, Type } from 'typebox'
import { parse } from 'yaml'
import { parseDuration } from '../../src/lib/parse-duration.ts'

const strict = { additionalProperties: false }
const count = Type.Union([Type.Integer({ minimum: 0 }), Type.Tuple([Type.Integer({ minimum: 0 }), Type.Integer({ minimum: 0 })])])
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
  if (valid(value)) return value as Step[]
  const steps: unknown[] = Array.isArray(value) ? value : []
  const problems = steps.flatMap((step, index) => {
    if (typeof step === 'object' && step !== null && !('request' in step)) return []
    return validRequest(step) ? [] : [`step ${index + 1}: ${ajv.errorsText(validRequest.errors, { dataVar: '' })}`]
  })
  throw new Error(`${file} is no list of steps: ${problems.length > 0 ? problems.join('; ') : ajv.errorsText(valid.errors)}`)
}

/** Length of a pause in milliseconds; at most a second, which no test may sleep longer than. */
export function pauseMs(text: string): number {
  const ms = parseDuration(text)
  if (ms === undefined || ms > 1_000) throw new Error(`a pause of ${text} is too long or no duration`)
  return ms
}

/** Bounds of a count, both inclusive. */
export function bounds(written: number | readonly [number, number]): readonly [least: number, most: number] {
  return typeof written === 'number' ? [written, written] : written
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
