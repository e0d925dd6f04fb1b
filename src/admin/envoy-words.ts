import { printable } from '../diagnostics/printable.ts'
import { brokenRule, ruleInWords } from './pgv-words.ts'

/** Longest text of a proxy that is passed on, in characters. */
const maxMessage = 1_000

/**
 * A proxy's complaint without the dump of the whole resource that Envoy puts before a broken rule: it may be megabytes, and may hold what a secret
 * resource holds.
 */
export function shortMessage(message: string): string {
  const rule = message.lastIndexOf('Proto constraint validation failed')
  const dump = /goo\.gle\/debug|\bdebugproto\b/.exec(message)?.index
  const text = rule >= 0 ? message.slice(rule) : dump === undefined ? message : message.slice(0, dump)
  const clean = printable(text.trim().replaceAll(/\s*\n\s*/g, '; '))
  return clean.length > maxMessage ? `${clean.slice(0, maxMessage)}…` : clean
}

/** What a complaint means, where its own words need help. */
export function explainMessage(message: string): string | undefined {
  const rule = brokenRule(message)
  if (rule) return printable(`Envoy refuses ${ruleInWords(rule)}`)
  if (/cannot bind|Address already in use/.test(message)) return 'the port is taken on the machine of the proxy'
  if (message.includes('has duplicate address')) return 'another listener of the proxy has the same address and port'
  if (message.includes("Didn't find a registered implementation")) return 'the proxy was built without an extension that this needs'
  return undefined
}
