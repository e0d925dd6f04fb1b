import { codes as configCodes } from '../config/codes.ts'
import { suggest } from '../diagnostics/suggest.ts'
import { codes as envoyCodes } from '../envoy/codes.ts'
import type { Feature } from '../feature.ts'
import { compare } from '../lib/compare.ts'
import { codes as modelCodes } from '../model/codes.ts'
import { codes as nginxCodes } from '../nginx/codes.ts'
import { exit, Stop } from './exit.ts'
import { writeJson } from './report.ts'
import { type CommonOptions, outputOptions, type Verb, verb } from './verb.ts'

/** Every code that can be reported, with its text, sorted by code. */
export function catalogue(features: readonly Feature[]): ReadonlyMap<string, string> {
  const parts = [configCodes, modelCodes, envoyCodes, nginxCodes, ...features.map((feature) => feature.codes ?? {})]
  return new Map(parts.flatMap((codes) => Object.entries(codes)).sort(([a], [b]) => compare(a, b)))
}

export const explainCodeVerb: Verb = (cx) =>
  outputOptions(
    verb({
      name: 'explain-code',
      summary: 'tell what the code of a finding means; without a code, list them all',
      examples: [
        ['explain-code route/shadowed', 'what it means and what to do'],
        ['explain-code', 'every code'],
      ],
    }).argument('[code]', 'the code, such as route/shadowed'),
  ).action((code: string | undefined, { format }: CommonOptions) => {
    const codes = catalogue(cx.features)
    const found = code === undefined ? [...codes] : [[code, textOf(codes, code)] as const]
    if (format === 'json') writeJson(cx.io, { schemaVersion: 1, codes: found.map(([name, text]) => ({ code: name, text })) })
    else cx.io.stdout.write(found.map(([name, text]) => (code === undefined ? `${name}\n` : `${name}\n\n${text}\n`)).join(''))
    cx.exit(exit.ok)
  })

function textOf(codes: ReadonlyMap<string, string>, code: string): string {
  const text = codes.get(code)
  if (text !== undefined) return text
  const near = suggest(code, codes.keys())
  throw new Stop(
    exit.usage,
    `there is no code "${code}"${near === undefined ? '; `sluice explain-code` lists them all' : `, did you mean "${near}"?`}`,
  )
}
