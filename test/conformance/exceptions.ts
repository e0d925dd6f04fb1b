import { Ajv } from 'ajv'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Static, Type } from 'typebox'
import { parse } from 'yaml'
import type { Diagnostic } from '../../src/diagnostics/diagnostic.ts'
import { type Case, engines } from './cases.ts'
import type { Finding } from './finding.ts'

const text = Type.String({ minLength: 1 })
const Difference = Type.Object(
  {
    case: Type.Optional(text),
    step: Type.Optional(Type.Integer({ minimum: 1 })),
    request: Type.Optional(text),
    engine: Type.Optional(Type.Enum([...engines])),
    fields: Type.Array(text, { minItems: 1 }),
    reason: text,
    note: Type.Optional(text),
  },
  { additionalProperties: false },
)
const Refusal = Type.Object(
  { case: text, engine: Type.Enum([...engines]), messages: Type.Array(text, { minItems: 1 }), reason: text },
  { additionalProperties: false },
)
const File = Type.Object(
  { differences: Type.Array(Difference), refusals: Type.Array(Refusal), withoutRequests: Type.Record(text, text) },
  { additionalProperties: false },
)

/** A difference that is right: where it may appear, why, and what users should know of it. */
export type Difference = Static<typeof Difference>
export type Exceptions = Static<typeof File>

const exceptionsFile = join(import.meta.dirname, 'exceptions.yaml')

function parseExceptions(source: string): Exceptions {
  const value: unknown = parse(source)
  const valid = new Ajv({ allErrors: true }).compile(File)
  if (valid(value)) return value
  throw new Error(`exceptions.yaml: ${new Ajv().errorsText(valid.errors, { dataVar: '' })}`)
}

export function readExceptions(): Exceptions {
  return parseExceptions(readFileSync(exceptionsFile, 'utf8'))
}

/** The first exception that covers a finding. A field ends with `*` to cover all that begin so. */
export function covering(exceptions: Exceptions, finding: Finding): Difference | undefined {
  return exceptions.differences.find(
    (one) =>
      (one.case === undefined || one.case === finding.case) &&
      (one.step === undefined || one.step === finding.step) &&
      (one.request === undefined || new RegExp(one.request, 's').test(finding.request)) &&
      (one.engine === undefined || finding.engine === undefined || one.engine === finding.engine) &&
      one.fields.some((field) => (field.endsWith('*') ? finding.field.startsWith(field.slice(0, -1)) : finding.field === field)),
  )
}

/** What is wrong with how a case is refused: it must be exactly what exceptions.yaml says. */
export function refusalProblems(exceptions: Exceptions, one: Case): string[] {
  return engines.flatMap((engine) => {
    const written = exceptions.refusals.find((refusal) => refusal.case === one.id && refusal.engine === engine)?.messages ?? []
    const got = (one.refusals.get(engine) ?? []).map(({ message }: Diagnostic) => message)
    const more = got
      .filter((message) => !written.includes(message))
      .map((message) => `${engine} refuses it, which exceptions.yaml does not say: ${message}`)
    const less = written
      .filter((message) => !got.includes(message))
      .map((message) => `${engine} does not refuse it as exceptions.yaml says: ${message}`)
    return [...more, ...less]
  })
}

/** Exceptions that covered nothing, each as one line. `cases` are those that ran: exceptions of others cannot be judged. */
export function unused(exceptions: Exceptions, used: ReadonlySet<Difference>, cases: ReadonlySet<string>): string[] {
  const idle = exceptions.differences
    .filter((one) => !used.has(one) && (one.case === undefined || cases.has(one.case)))
    .map((one) => `${one.case ?? 'every case'}: ${one.fields.join(', ')}: ${one.reason}`)
  const lost = exceptions.refusals
    .filter((one) => !cases.has(one.case))
    .map((one) => `refusal of ${one.case}, which does not exist or has no requests`)
  return [...idle, ...lost]
}

/** Features that have neither a case with requests nor a reason for that, and reasons that no feature needs. `ids` are all cases. */
export function unplayed({ withoutRequests }: Exceptions, features: readonly string[], ids: readonly string[]): string[] {
  const silent = features.filter((name) => !ids.some((id) => id.startsWith(`${name}/`)))
  const missing = silent.filter((name) => !Object.hasOwn(withoutRequests, name)).map((name) => `${name} has no requests.yaml`)
  const idle = Object.keys(withoutRequests).filter((name) => !silent.includes(name))
  return [...missing, ...idle.map((name) => `${name} needs no reason: it has requests, or is no feature`)]
}
