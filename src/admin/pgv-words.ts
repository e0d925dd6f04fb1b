/** A field rule of Envoy's message types that was broken. */
export interface BrokenRule {
  /** From the outermost message inwards, such as `Cluster`, `ConnectTimeout`. Fields of lists and maps carry their index. */
  readonly steps: readonly { readonly message: string; readonly field: string; readonly index: string | undefined }[]
  /** Such as `value must be greater than 0s`. */
  readonly rule: string
}

const head = 'Proto constraint validation failed'

/** Reads the tail `Proto constraint validation failed (A.B: … | caused by C.D: value must …)` of a message; undefined when there is none. */
export function brokenRule(message: string): BrokenRule | undefined {
  const at = message.lastIndexOf(head)
  if (at < 0) return undefined
  const inner = /^\s*\((.*)\)[.\s]*$/s.exec(message.slice(at + head.length))?.[1]
  if (inner === undefined) return undefined
  const steps: { message: string; field: string; index: string | undefined }[] = []
  let rule = ''
  for (const part of inner.split(/\s*\|?\s*caused by\s+(?:field:\s*)?/)) {
    const found = /^(\w+)ValidationError\.(\w+)(?:\[([^\]]*)\])?:\s*(.*)$/s.exec(part)
    if (!found) continue
    steps.push({ message: found[1] ?? '', field: found[2] ?? '', index: found[3] })
    rule = found[4] ?? ''
  }
  return steps.length > 0 ? { steps, rule } : undefined
}

/** `the connect timeout of the cluster: value must be greater than 0s` */
export function ruleInWords({ steps, rule }: BrokenRule): string {
  const last = steps.at(-1)
  return `the ${words(last?.field ?? '')} of the ${words(last?.message ?? '')}: ${rule}`
}

/** `ConnectTimeout` → `connect timeout` */
function words(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll('_', ' ')
    .toLowerCase()
}

/** `ConnectTimeout` → `connectTimeout`, as keys of gateway.yaml are written. */
export function asKey(field: string): string {
  return field.charAt(0).toLowerCase() + field.slice(1)
}
