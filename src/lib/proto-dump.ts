/**
 * Envoy answers a broken rule with a text dump of the whole message, private keys included, between `goo.gle/debug…` and the reason.
 * Nothing that people read may hold it.
 */
const dump = /goo\.gle\/debug[\s\S]*?(?:: (?=Proto constraint validation failed)|$)/g

/** The text without dumps; only the reasons remain. */
export function withoutDumps(text: string): string {
  return text.replace(dump, '')
}

/** The same for lines as they come: gives back what may be shown of a line, undefined for nothing. */
export function dumpFilter(): (line: string) => string | undefined {
  let inside = false
  return (line) => {
    if (!inside) {
      const begin = line.indexOf('goo.gle/debug')
      if (begin === -1) return line
      const rest = withoutDumps(line.slice(begin))
      inside = rest === ''
      return `${line.slice(0, begin)}${inside ? '[message left out]' : rest}`
    }
    const end = line.indexOf(': Proto constraint validation failed')
    if (end !== -1) {
      inside = false
      return line.slice(end + 2)
    }
    if (!startsLogLine(line)) return undefined
    inside = false
    return line
  }
}

/** `[2026-11-21 …]`, or an access log object: the dump is over even if its end was never seen. */
function startsLogLine(line: string): boolean {
  return /^\[\d{4}-\d\d-\d\d /.test(line) || line.startsWith('{"')
}
