import type { Path } from '../diagnostics/diagnostic.ts'
import { didYouMean } from '../diagnostics/suggest.ts'
import { describeAlternatives, quote, withExample } from './describe-schema.ts'
import { explainObject } from './explain-object.ts'
import { nameRule } from './explaining.ts'
import type { Explaining } from './explaining.ts'
import type { Problem } from './problem.ts'
import type { JsonSchema } from './schema/json-schema.ts'
import { alternatives, hasType, typeOf, typesOf } from './schema/json-schema.ts'
import { suggestForm } from './suggest-form.ts'

/**
 * Says what is wrong with a value: one problem per mistake, empty when it fits. In a union only the alternative that the writer most likely meant
 * is explained.
 */
export function explainValue(
  root: JsonSchema,
  schema: JsonSchema,
  value: unknown,
  written: Explaining['written'],
  name?: string,
): readonly Problem[] {
  const cx: Explaining = { root, name, written, inside: (inner, innerValue, path) => explain(cx, inner, innerValue, path) }
  return explain(cx, schema, value, [])
}

function explain(cx: Explaining, schema: JsonSchema, value: unknown, path: Path): readonly Problem[] {
  const branches = alternatives(cx.root, schema)
  const [only] = branches
  if (branches.length !== 1 || !only) return explainUnion(cx, branches, value, path)
  if (!hasType(value, typesOf(only))) return [wrongType(cx, [only], value, path)]
  const problems = explainPlain(cx, only, value, path)
  return only.allOf ? [...problems, ...only.allOf.flatMap((part) => explain(cx, part, value, path))] : problems
}

function explainPlain(cx: Explaining, schema: JsonSchema, value: unknown, path: Path): readonly Problem[] {
  const choice = explainChoice(cx, [schema], value, path)
  if (choice) return choice
  if (typeof value === 'string') return explainText(cx, schema, value, path)
  if (typeof value === 'number') return explainNumber(cx, schema, value, path)
  if (Array.isArray(value)) return explainList(cx, schema, value, path)
  return typeof value === 'object' && value !== null ? explainObject(cx, schema, value as Record<string, unknown>, path) : []
}

function explainUnion(cx: Explaining, branches: readonly JsonSchema[], value: unknown, path: Path): readonly Problem[] {
  const fitting = branches.filter((branch) => hasType(value, typesOf(branch)))
  const secret = typeof value === 'object' ? undefined : branches.find((branch) => branch.title === secretTitle)
  if (fitting.length === 0) return [wrongType(cx, branches, value, path)]
  const results = fitting.map((branch) => explain(cx, branch, value, path))
  if (results.some((problems) => problems.length === 0)) return []
  if (secret) return [literalSecret(path)]
  if (typeof value === 'object' && value !== null) return results.reduce((best, next) => (cost(next, path) < cost(best, path) ? next : best))
  const choice = explainChoice(cx, fitting, value, path)
  const [first] = choice ?? []
  // `healthCheck: /health`: that the word `none` may stand there too helps nobody.
  if (first && first.help === undefined && fitting.length < branches.length && fitting.every((branch) => branch.const !== undefined))
    return [wrongType(cx, branches, value, path)]
  if (choice) return choice
  const free = fitting.filter((branch) => branch.const === undefined && !branch.enum)
  const [problem] = free.length === 1 ? explain(cx, free[0] ?? {}, value, path) : []
  return [problem ?? badValue(cx, value, path, `must be ${describeAlternatives(fitting)}`)]
}

/** How far a value is from an alternative: a key that it does not have counts more than a value that it does not take. */
function cost(problems: readonly Problem[], path: Path): number {
  return problems.reduce(
    (sum, { code, path: at }) => sum + (at.length <= path.length + 1 && (code === 'config/unknown-key' || code === 'config/missing-key') ? 10 : 1),
    0,
  )
}

/** When only fixed values may stand there: they are listed, and the nearest is proposed. */
function explainChoice(cx: Explaining, branches: readonly JsonSchema[], value: unknown, path: Path): readonly Problem[] | undefined {
  if (!branches.every((branch) => branch.const !== undefined || branch.enum)) return undefined
  const allowed = branches.flatMap((branch) => branch.enum ?? [branch.const])
  if (allowed.includes(value)) return []
  const near =
    typeof value === 'string'
      ? didYouMean(value, allowed.filter((one) => typeof one === 'string' && !differsByNumber(one, value)) as string[])
      : undefined
  const key = path.length === 0 ? cx.name : path.at(-1)
  if (allowed.length === 1 && typeof value === 'number' && typeof key === 'string' && cx.written(path) === undefined)
    return [
      { code: 'config/bad-value', message: `"${key}" must be ${describeAlternatives(branches)}, not ${value}`, path, side: 'value', help: near },
    ]
  return [badValue(cx, value, path, `must be ${describeAlternatives(branches)}`, near)]
}

const secretTitle = 'secret reference'

/** The value is not repeated, whatever it is. */
function literalSecret(path: Path): Problem {
  const help = 'write secret://env/NAME or secret://file/path'
  return { code: 'config/literal-secret', message: 'a secret must not stand in the file', path, side: 'value', help, sensitive: true }
}

/** `http2` is not `http1` mistyped. */
function differsByNumber(a: string, b: string): boolean {
  return a.replace(/[0-9]+/g, '0') === b.replace(/[0-9]+/g, '0')
}

function wrongType(cx: Explaining, branches: readonly JsonSchema[], value: unknown, path: Path): Problem {
  if (typeof value !== 'object' && branches.some((branch) => branch.title === secretTitle)) return literalSecret(path)
  const written = cx.written(path)
  const quotable =
    (typeof value === 'number' || typeof value === 'boolean') && branches.some((branch) => explain(cx, branch, String(value), path).length === 0)
  const wantsText = branches.some((branch) => typesOf(branch)?.includes('string'))
  let help: string | undefined
  if (written === undefined && quotable) help = 'put it in quotes'
  else if (value === null && path.length > 0) help = 'write a value, or remove the key'
  else if (written === undefined && typeof value === 'string' && !wantsText && /^-?[0-9.]+$|^(true|false)$/.test(value))
    help = `remove the quotes: ${value}`
  else if (written === undefined)
    help = inList(cx, branches, value, path) ?? branches.map((branch) => suggestForm(branch, value)).find((hint) => hint !== undefined)
  const found = written === undefined ? (typeof value === 'string' ? `the text ${quote(value)}` : quote(value)) : `what ${written} holds`
  const name = path.length === 0 ? cx.name : path.at(-1)
  const what = typeof name === 'string' ? `"${name}" must be` : typeof name === 'number' ? 'this item must be' : 'this must be'
  return { code: 'config/wrong-type', message: `${what} ${describeAlternatives(branches)}, not ${found}`, path, side: 'value', help }
}

/** A single value where a list of such values is meant. */
function inList(cx: Explaining, branches: readonly JsonSchema[], value: unknown, path: Path): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return undefined
  const meant = branches.some(({ items }) => items && explain(cx, items, value, [...path, 0]).length === 0)
  return meant ? `write a list: [${quote(value)}]` : undefined
}

function badValue(cx: Explaining, value: unknown, path: Path, rule: string, help?: string): Problem {
  return { code: 'config/bad-value', message: `${cx.written(path) ?? quote(value)} ${rule}`, path, side: 'value', help }
}

/** What values of headers must match. */
const oneLine = '^[\\x20-\\x7e\\x80-\\uffff]*$'

function explainText(cx: Explaining, schema: JsonSchema, value: string, path: Path): readonly Problem[] {
  const fits = schema.pattern === undefined || new RegExp(schema.pattern, 'u').test(value)
  if (!fits && schema.title === secretTitle) return [literalSecret(path)]
  if (!fits && schema.title === 'name') {
    return [{ code: 'config/bad-name', message: `${cx.written(path) ?? quote(value)} cannot be a name`, path, side: 'value', help: nameRule }]
  }
  if (!fits && schema.pattern === oneLine) return [badValue(cx, value, path, 'must be one line, without control characters')]
  if (!fits) {
    const rule = schema.title === undefined ? `must match ${schema.pattern}` : `is not ${withExample(schema)}`
    return [badValue(cx, value, path, rule, cx.written(path) === undefined ? suggestForm(schema, value) : undefined)]
  }
  const length = [...value].length
  if (schema.minLength !== undefined && length < schema.minLength)
    return [badValue(cx, value, path, value === '' ? 'must not be empty' : `must have at least ${schema.minLength} characters`)]
  if (schema.maxLength !== undefined && length > schema.maxLength)
    return [badValue(cx, value, path, `must have at most ${schema.maxLength} characters`)]
  return []
}

function explainNumber(cx: Explaining, schema: JsonSchema, value: number, path: Path): readonly Problem[] {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema
  if (!Number.isFinite(value)) return [badValue(cx, value, path, 'is not a number that can be used')]
  const low = minimum !== undefined && value < minimum
  const high = maximum !== undefined && value > maximum
  if ((low || high) && minimum !== undefined && maximum !== undefined) return [badValue(cx, value, path, `must be between ${minimum} and ${maximum}`)]
  if (low) return [badValue(cx, value, path, `must be at least ${minimum}`)]
  if (high) return [badValue(cx, value, path, `must be at most ${maximum}`)]
  if (exclusiveMinimum !== undefined && value <= exclusiveMinimum) return [badValue(cx, value, path, `must be more than ${exclusiveMinimum}`)]
  if (exclusiveMaximum !== undefined && value >= exclusiveMaximum) return [badValue(cx, value, path, `must be less than ${exclusiveMaximum}`)]
  if (multipleOf !== undefined && !Number.isInteger(value / multipleOf)) return [badValue(cx, value, path, `must be a multiple of ${multipleOf}`)]
  return []
}

function explainList(cx: Explaining, schema: JsonSchema, value: readonly unknown[], path: Path): readonly Problem[] {
  const { items, minItems, maxItems, uniqueItems } = schema
  const problems: Problem[] = []
  const problem = (message: string, at: Path): number => problems.push({ code: 'config/bad-value', message, path: at, side: 'value' })
  if (minItems !== undefined && value.length < minItems)
    problem(minItems === 1 ? 'the list must not be empty' : `the list must have at least ${minItems} items`, path)
  if (maxItems !== undefined && value.length > maxItems) problem(`the list must have at most ${maxItems} items`, path)
  if (items) for (const [index, item] of value.entries()) problems.push(...explain(cx, items, item, [...path, index]))
  if (uniqueItems) {
    const seen = new Set<string>()
    for (const [index, item] of value.entries()) {
      const text = `${typeOf(item)} ${JSON.stringify(item)}`
      if (seen.has(text)) problem(`${quote(item)} is in the list twice`, [...path, index])
      seen.add(text)
    }
  }
  return problems
}
