import { suggest } from './suggest.ts'

/** Code → what it means and what to do, in one paragraph. Each stage and each feature brings its own. */
export type Codes = Readonly<Record<string, string>>

/** Puts catalogues together; a code that two of them define is a mistake in the program. */
export function joinCodes(catalogues: Iterable<Codes>): Codes {
  const joined: Record<string, string> = {}
  for (const catalogue of catalogues) {
    for (const [code, text] of Object.entries(catalogue)) {
      if (Object.hasOwn(joined, code)) throw new Error(`code ${code} is documented twice`)
      joined[code] = text
    }
  }
  return joined
}

/** The text for `sluice explain-code`; for an unknown code, the code that may have been meant. */
export function explainCode(codes: Codes, code: string): { readonly text: string } | { readonly nearest: string | undefined } {
  const text = Object.hasOwn(codes, code) ? codes[code] : undefined
  return text === undefined ? { nearest: suggest(code, Object.keys(codes)) } : { text }
}
