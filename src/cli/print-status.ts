import type { FindingsView, FindingView } from '../admin/findings.ts'
import type { EngineView, ProxyView, RejectionView, StatusView } from '../admin/status-schema.ts'
import { printable } from '../diagnostics/printable.ts'
import type { PlanColors } from './io.ts'

/** How many sick endpoints a server tells of. */
const shownAtMost = 100

/** The status as people read it; ends with a line break. `found` is what is wrong with the files when something older is served. */
export function printStatus({ config, proxies, refused, engine }: StatusView, found: FindingsView | undefined, paint: PlanColors): string {
  const { state, version, since, reason } = config
  const color = { serving: paint.green, held: paint.yellow, 'last-good': paint.red, none: paint.red }[state]
  const facts = [color(state), ...(version === undefined ? [] : [`version ${version}`]), ...(since === undefined ? [] : [`since ${since}`])]
  const lines = [`${paint.bold('configuration')} ${facts.join(', ')}${reason === undefined ? '' : `: ${printable(reason)}`}`]
  for (const finding of found?.findings ?? []) lines.push('', ...findingLines(finding, paint))
  if (found?.summary.hidden) lines.push('', `and ${found.summary.hidden} more`)
  if (proxies.length === 0) lines.push(...(lines.length === 1 ? [] : ['']), 'no proxy is connected')
  for (const proxy of proxies) lines.push('', ...proxyLines(proxy, paint))
  for (const { id, agent, version: own, address, at, reason: why } of refused) {
    const facts = `(${printable(`${agent} ${own}, ${address}`)}) at ${at}`
    lines.push('', `${paint.bold(`proxy ${printable(id)}`)} ${paint.red('not served')} ${facts}: ${printable(why)}`)
  }
  if (engine) lines.push(...sickLines(engine, paint))
  return `${lines.join('\n')}\n`
}

/** Nothing when all is well, or when the server says nothing about it. */
function sickLines({ state, sickEndpoints }: EngineView, paint: PlanColors): string[] {
  if (sickEndpoints === undefined || sickEndpoints.length === 0) return []
  const title = paint.bold('sick endpoints (seen by the proxy of this run)')
  if (sickEndpoints === 'unknown') return ['', `${title} ${paint.yellow('unknown')}: it does not answer (${printable(state)})`]
  return [
    '',
    title,
    ...sickEndpoints.map(({ service, address, reason }) => `  ${printable(service)} ${printable(address)}: ${paint.red(printable(reason))}`),
    ...(sickEndpoints.length < shownAtMost ? [] : [`  only the first ${shownAtMost} are listed`]),
  ]
}

/** As `validate` prints it, without the line of the file: that is on the machine of the server. */
function findingLines({ severity, code, message, help, related = [], ...place }: FindingView, paint: PlanColors): string[] {
  const color = { error: paint.red, warning: paint.yellow, info: paint.cyan }[severity]
  return [
    `${color(paint.bold(severity))} ${paint.bold(printable(code))}: ${printable(message)}`,
    ...(place.file === undefined ? [] : [`  ${paint.cyan(where(place.file, place.range?.start))}`]),
    ...(help === undefined ? [] : [`  ${paint.dim('help:')} ${printable(help)}`]),
    ...related.map(({ file, range, message: words }) => {
      return `  ${paint.dim('see:')} ${file === undefined ? '' : `${where(file, range?.start)} `}${printable(words)}`
    }),
  ]
}

function proxyLines({ id, state, agent, version, address, connectedSince, types, rejected, waiting }: ProxyView, paint: PlanColors): string[] {
  const word = { current: paint.green(state), updating: paint.yellow(state), rejected: paint.red(state) }[state]
  const rows = Object.entries(types).map(([type, { wanted, accepted }]) => {
    const figures = `${accepted}/${wanted}`
    return `  ${printable(type).padEnd(10)} ${accepted < wanted ? paint.yellow(figures) : figures}`
  })
  return [
    `${paint.bold(`proxy ${printable(id)}`)} ${word} (${printable(`${agent} ${version}, ${address}`)}), connected since ${connectedSince}`,
    `  ${paint.dim('accepted / wanted')}`,
    ...rows,
    ...rejected.flatMap((one) => rejectionLines(one, paint)),
    ...waiting.map((why) => `  ${paint.yellow('waiting')} ${printable(why)}`),
  ]
}

function rejectionLines({ type, name, message, meaning, culprits, heldAt, since }: RejectionView, paint: PlanColors): string[] {
  const keeps = heldAt === undefined ? 'it has no version of it' : `it keeps version ${heldAt}`
  const places = culprits.map(({ file, line, column = 1, node }) => {
    return `    ${paint.cyan(where(file, line === undefined ? undefined : { line, column }))} ${printable(node.replace('/', ' '))}`
  })
  return [
    `  ${paint.red('refused')} ${type} ${printable(name)} since ${since}; ${keeps}`,
    ...(culprits.length > 1 ? ['    one of'] : []),
    ...places,
    ...(meaning === undefined ? [] : [`    ${printable(meaning)}`]),
    `    ${printable(message)}`,
  ]
}

/** `gateway.yaml:41:11` */
function where(file: string, start: { readonly line: number; readonly column: number } | undefined): string {
  return start ? `${printable(file)}:${start.line}:${start.column}` : printable(file)
}
