import { printable } from '../diagnostics/printable.ts'
import type { Cost, Drain, Push } from './cost.ts'
import { type FieldChange, isWordMap, type PlannedChange } from './diff.ts'
import { isEmpty, type Plan } from './plan.ts'
import type { Words } from './words.ts'

/** The part of picocolors that is used. Colour is never alone: `+`, `~` and `-` say the same. */
export interface Paint {
  readonly green: (text: string) => string
  readonly yellow: (text: string) => string
  readonly red: (text: string) => string
  readonly bold: (text: string) => string
}

/** A plan as people read it; ends with a line break. */
export function printPlan(plan: Plan, paint: Paint): string {
  if (isEmpty(plan)) return 'No changes.\n'
  const { add, change, remove } = plan.summary
  const total = plan.changes.length === 0 ? 'No changes in the file.' : `${add} to add, ${change} to change, ${remove} to remove.`
  const blocks = plan.changes.map((one) => changeText(one, paint))
  return [...blocks, ...(blocks.length > 0 ? [''] : []), paint.bold(total), ...costLines(plan.cost, paint), ''].join('\n')
}

/** A plan as machines read it. */
export function planToJson(plan: Plan, against: string): object {
  return { schemaVersion: 1, against, changes: plan.changes, cost: plan.cost, summary: plan.summary }
}

function changeText({ action, kind, name, fields }: PlannedChange, paint: Paint): string {
  const [sign, color] = ({ add: ['+', paint.green], change: ['~', paint.yellow], remove: ['-', paint.red] } as const)[action]
  const head = color(`${sign} ${kind} ${name}`)
  if (action !== 'change') return `${head}${gist(fields, action === 'add' ? 'new' : 'old')}`
  return [head, ...fields.map((field) => fieldText(field, paint))].join('\n')
}

/** The few words that tell one listener, service or route from another. */
const telling = ['address', 'port', 'redirectTo', 'endpoints', 'hosts', 'match', 'to', 'redirect', 'respond']

function gist(fields: readonly FieldChange[], side: 'old' | 'new'): string {
  const words = telling.flatMap((key) => {
    const value = fields.find(({ path }) => path === key)?.[side]
    if (value === undefined) return []
    return [key === 'endpoints' && isWordMap(value) ? some(Object.keys(value)) : `${key} ${text(value)}`]
  })
  return words.length > 0 ? `  ${words.join('  ')}` : ''
}

const shown = 5

function some(items: readonly string[]): string {
  const more = items.length - shown
  return items.slice(0, shown).map(printable).join(', ') + (more > 0 ? ` and ${more} more` : '')
}

function fieldText({ path, old, new: next }: FieldChange, paint: Paint): string {
  const name = printable(path)
  if (old === undefined && next === undefined) return `    ${paint.yellow('~')} ${name}`
  if (old === undefined) return `    ${paint.green('+')} ${name}: ${text(next)}`
  if (next === undefined) return `    ${paint.red('-')} ${name}: ${text(old)}`
  return `    ${paint.yellow('~')} ${name}: ${text(old)} → ${text(next)}`
}

const longest = 200

/** A value on one line, cut when it is long. */
function text(value: Words | undefined): string {
  const line = printable(flow(value ?? null))
  return line.length <= longest ? line : `${line.slice(0, longest)}…`
}

function flow(value: Words): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`
  if (isWordMap(value))
    return `{${Object.entries(value)
      .map(([key, inner]) => `${key}: ${flow(inner)}`)
      .join(', ')}}`
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function costLines({ pushes, drains, reload = [] }: Cost, paint: Paint): string[] {
  const sent = pushes.map(pushText).join(', ')
  const drops = drains.map((drain) => paint.red(drainText(drain)))
  return [
    sent === '' ? 'Nothing is sent to the proxies.' : `Each proxy gets ${sent}.`,
    ...reload.map((reason) => paint.yellow(`nginx is reloaded: ${reason}.`)),
    ...(drops.length > 0 ? drops : ['No connection drops.']),
  ]
}

const typeWords: Readonly<Record<Push['type'], string>> = {
  cluster: 'services',
  endpoints: 'endpoint lists',
  listener: 'listeners',
  routes: 'route tables',
  secret: 'secrets',
  extension: 'filters',
  runtime: 'runtime layers',
  service: 'services',
  host: 'route tables',
  route: 'routes',
  replies: 'error bodies',
  phases: 'feature orders',
}

function pushText({ type, put, remove, bytes }: Push): string {
  const parts = [...(put > 0 ? [`${put} (${size(bytes)})`] : []), ...(remove > 0 ? [`${remove} removed`] : [])]
  return `${typeWords[type]}: ${parts.join(' and ')}`
}

function size(bytes: number): string {
  return bytes < 1024 ? `${bytes} B` : `${(bytes / 1024).toFixed(1)} KiB`
}

const drainWords: Readonly<Record<Drain['reason'], string>> = {
  removed: 'is removed',
  changed: 'changes',
  reload: 'gets new workers',
}

function drainText({ listener, address, reason }: Drain): string {
  return `Listener ${listener} ${drainWords[reason]}: connections on ${address} are drained (closed after their current request).`
}
