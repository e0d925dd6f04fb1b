import type { ResourceType } from './resource.ts'

/** Who of a refused response is to blame: certainly, or perhaps (worth a response of its own). */
export interface Blame {
  readonly guilty: readonly string[]
  readonly suspects: readonly string[]
}

/**
 * Reads the names of the guilty out of a proxy's error text. The texts of Envoy 1.40 are debugging output, so only forms that were seen on the
 * real binary convict; a name that merely occurs somewhere is a suspect. A response of one resource needs no text.
 */
export function blame(type: ResourceType, names: readonly string[], message: string): Blame {
  if (names.length <= 1) return { guilty: names, suspects: [] }
  const certain = new Set([...listed(message), ...dumped(message), ...quoted(type, message)])
  const guilty = names.filter((name) => certain.has(name) || heads(message, name))
  const suspects = names.filter((name) => !guilty.includes(name) && occurs(message, name))
  return { guilty, suspects }
}

const listHead = /^Error adding\/updating (?:cluster|listener)\(s\) /

/** `Error adding/updating cluster(s) a: …, b: …` and the listener form with a line per name. Only the first is certain to begin with a name. */
function listed(message: string): string[] {
  if (!listHead.test(message)) return []
  const first = /^(\S+?): /.exec(message.replace(listHead, ''))?.[1]
  return first === undefined ? [] : [first]
}

/** The further names of a list of errors: at the beginning of a line or after a comma. */
function heads(message: string, name: string): boolean {
  if (!listHead.test(message)) return false
  return message.includes(`\n${name}: `) || message.includes(`, ${name}: `)
}

/** A rule of the message types was broken: the text holds a dump of the whole resource, its own name not indented. */
function dumped(message: string): string[] {
  if (!message.includes('Proto constraint validation failed')) return []
  const name = /^(?:cluster_name|name): "((?:[^"\\]|\\.)*)"/m.exec(message)?.[1]
  return name === undefined ? [] : [name]
}

/** Forms that belong to one type. */
function quoted(type: ResourceType, message: string): string[] {
  const found =
    type === 'routes'
      ? /Duplicate entry of domain \S+ in route (\S+)$/.exec(message.trimEnd())
      : type === 'endpoints'
        ? /^Unexpected EDS cluster \(expecting ([^)]+)\)/.exec(message)
        : null
  return found?.[1] === undefined ? [] : [found[1]]
}

const word = /[A-Za-z0-9_.\-/]/

function occurs(message: string, name: string): boolean {
  for (let at = message.indexOf(name); at >= 0; at = message.indexOf(name, at + 1)) {
    if (!word.test(message[at - 1] ?? ' ') && !word.test(message[at + name.length] ?? ' ')) return true
  }
  return false
}
