import { RE2JS } from 're2js'

const compiled = new Map<string, RE2JS>()
const compiledLimit = 20_000

/** Compiles RE2 syntax, the dialect that Envoy takes; throws an Error with the reason when it is not. Compiled ones are kept. */
export function compileRegex(regex: string): RE2JS {
  const known = compiled.get(regex)
  if (known) return known
  const made = RE2JS.compile(regex)
  if (compiled.size >= compiledLimit) compiled.clear()
  compiled.set(regex, made)
  return made
}

/** Why a text is no RE2 regex; undefined when it is one. */
export function regexProblem(regex: string): string | undefined {
  try {
    compileRegex(regex)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** Writes text so that a regex takes it literally. */
export function quoteRegex(text: string): string {
  return text.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&')
}

const plain = /^[A-Za-z0-9/_~!@&=:;,'"<>% -]$/

/**
 * Text that every full match of the regex begins with, and whether the regex is nothing but that text.
 * It may be shorter than what is possible, never longer.
 */
export function literalPrefix(regex: string): { readonly text: string; readonly whole: boolean } {
  if (hasTopLevelAlternative(regex)) return { text: '', whole: false }
  let text = ''
  let at = regex.startsWith('^') ? 1 : 0
  while (at < regex.length) {
    const first = regex.charAt(at)
    const escaped = first === '\\'
    const char = escaped ? regex.charAt(at + 1) : first
    if (escaped ? !/^[^A-Za-z0-9]$/.test(char) : !plain.test(char)) break
    text += char
    at += escaped ? 2 : 1
  }
  const rest = regex.slice(at)
  if (/^[*?+{]/.test(rest)) text = text.slice(0, -1)
  return { text, whole: rest === '' || rest === '$' }
}

function hasTopLevelAlternative(regex: string): boolean {
  let depth = 0
  for (let at = 0; at < regex.length; at++) {
    const char = regex.charAt(at)
    if (char === '\\') at++
    else if (char === '[') at = endOfClass(regex, at)
    else if (char === '(') depth++
    else if (char === ')') depth--
    else if (char === '|' && depth === 0) return true
  }
  return false
}

/** Index of the bracket that closes a character class; a bracket that stands first is a member of it. */
function endOfClass(regex: string, open: number): number {
  let at = regex.charAt(open + 1) === '^' ? open + 2 : open + 1
  if (regex.charAt(at) === ']') at++
  for (; at < regex.length; at++) {
    if (regex.charAt(at) === '\\') at++
    else if (regex.charAt(at) === ']') return at
  }
  return at
}
