import { quoteRegex } from '../model/regex.ts'

/** How a matched prefix is replaced: by Envoy's own prefix rewrite, or by a regex over the whole path. */
export type PrefixSwap = { readonly prefix: string } | { readonly regex: string; readonly substitution: string }

/** Another prefix in place of the matched one; undefined when they are equal. */
export function prefixSwap(from: string, to: string): PrefixSwap | undefined {
  if (from === to) return undefined
  // Replacing a whole segment by "/" would leave "//", and adding to "/" would swallow the slash. The rest of the path is not captured: RE2 needs
  // no more than a comparison for the literal beginning of a regex without a group.
  if (to === '/') return { regex: `^${quoteRegex(from)}/?`, substitution: '/' }
  if (from === '/') return { regex: '^', substitution: literal(to) }
  return { prefix: to }
}

/** Text that stands for itself in a substitution. */
export function literal(text: string): string {
  return text.replaceAll('\\', '\\\\')
}
