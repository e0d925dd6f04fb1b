import type { TSchema } from 'typebox'
import { fillDefaults } from '../config/fill-defaults.ts'
import type { JsonSchema } from '../config/schema/json-schema.ts'
import { durationPattern, parseDuration } from '../lib/parse-duration.ts'
import { percentPattern } from '../lib/parse-percent.ts'
import { sizePattern } from '../lib/parse-size.ts'
import { secretPattern } from '../config/secret-ref.ts'
import { sizeText } from '../lib/size-text.ts'

/** What a user reads and writes: plain data without units hidden in numbers. */
export type Words = string | number | boolean | null | readonly Words[] | WordMap
export interface WordMap {
  readonly [key: string]: Words
}

/**
 * A feature's lowered value in the words of gateway.yaml. Features keep times in milliseconds and shares in percent; the schema of the key says which
 * numbers these are. `base` is the directory that relative paths start from.
 */
export function inWords(value: unknown, schema: TSchema, base: string): Words {
  const plain = JSON.parse(JSON.stringify(schema)) as JsonSchema
  return new Speaker(plain, base).say(fillDefaults(plain, plain, value).value)
}

class Speaker {
  readonly #schema: JsonSchema
  readonly #base: string

  constructor(schema: JsonSchema, base: string) {
    this.#schema = schema
    this.#base = base
  }

  say(value: unknown): Words {
    const only = onlyNumber(value)
    if (only === undefined || this.#schema.properties) return this.#value(value)
    return withUnit(only, patternsIn(this.#schema)) ?? this.#value(value)
  }

  #value(value: unknown, key?: string): Words {
    if (typeof value === 'number') return this.#number(value, key)
    if (typeof value === 'string') return this.#text(value, key)
    if (typeof value === 'boolean' || value === null || value === undefined) return value ?? null
    if (Array.isArray(value)) return value.map((item: unknown) => this.#value(item))
    const map = value as Record<string, unknown>
    const attribute = attributeText(map)
    if (attribute !== undefined) return attribute
    const entries = Object.entries(map).filter(([, inner]) => inner !== undefined && !isEmpty(inner))
    return Object.fromEntries(entries.map(([inner, one]) => [inner, this.#value(one, inner)]))
  }

  #number(value: number, key: string | undefined): Words {
    if (key === undefined) return value
    return withUnit(value, key === 'percent' ? [percentPattern] : patternsOf(this.#schema, key)) ?? value
  }

  /** Materials are named `file:/absolute/path` and `env:NAME`. */
  #text(value: string, key: string | undefined): string {
    const ms = key !== undefined && patternsOf(this.#schema, key).includes(durationPattern) ? parseDuration(value) : undefined
    if (ms !== undefined) return duration(ms)
    if (value.startsWith('env:')) return `secret://env/${value.slice(4)}`
    if (!value.startsWith('file:/')) return value
    const full = value.slice(5)
    const path = full.startsWith(`${this.#base}/`) ? full.slice(this.#base.length + 1) : full
    return key !== undefined && patternsOf(this.#schema, key).includes(secretPattern) ? `secret://file/${path}` : path
  }
}

/** A number of milliseconds, percent or bytes as it is written; undefined when the patterns name none of these. */
function withUnit(value: number, patterns: readonly string[]): string | undefined {
  if (patterns.includes(durationPattern)) return duration(value)
  if (patterns.includes(percentPattern)) return `${value}%`
  return patterns.includes(sizePattern) ? sizeText(value) : undefined
}

/** Patterns that the properties of that name have, anywhere in a schema. */
function patternsOf(schema: unknown, key: string): string[] {
  if (Array.isArray(schema)) return schema.flatMap((inner) => patternsOf(inner, key))
  if (!isMap(schema)) return []
  const own = isMap(schema['properties']) && key in schema['properties'] ? patternsIn(schema['properties'][key]) : []
  return [...own, ...Object.values(schema).flatMap((inner) => patternsOf(inner, key))]
}

/** The pattern of a text, or those of its alternatives. */
function patternsIn(schema: unknown): string[] {
  if (!isMap(schema)) return []
  const alternatives = Array.isArray(schema['anyOf']) ? schema['anyOf'] : []
  return [...(typeof schema['pattern'] === 'string' ? [schema['pattern']] : []), ...alternatives.flatMap(patternsIn)]
}

/** A single number, or the number of a map that holds nothing else. */
function onlyNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  const values: unknown[] = isMap(value) ? Object.values(value) : []
  return values.length === 1 && typeof values[0] === 'number' ? values[0] : undefined
}

/** `{type: request.header, name: x-user}` as `request.header.x-user`, and a text with attributes as it was written. */
function attributeText(map: Record<string, unknown>): string | undefined {
  if (typeof map['written'] === 'string' && Array.isArray(map['parts'])) return map['written']
  const { type, name, ...rest } = map
  if (typeof type !== 'string' || !/^(client|request|principal|jwt)\b/.test(type) || Object.keys(rest).length > 0) return undefined
  return typeof name === 'string' ? `${type}.${name}` : type
}

/** `90s`, `250ms`, `1h`: the largest unit that needs no fraction. */
function duration(ms: number): string {
  if (ms === 0) return '0'
  for (const [unit, size] of [
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
  ] as const)
    if (ms % size === 0) return `${ms / size}${unit}`
  return `${ms}ms`
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) ? value.length === 0 : isMap(value) && Object.keys(value).length === 0
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
