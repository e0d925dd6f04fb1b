import type { ProxyView, RejectionView, StatusView } from '../admin/status-schema.ts'
import { printable } from '../diagnostics/printable.ts'
import { askAdmin, isMap } from './admin-client.ts'
import { exit, type ExitCode, Stop } from './exit.ts'
import { colorsOf, type PlanColors } from './io.ts'
import { writeJson } from './report.ts'
import { type CommonOptions, outputOptions, type Verb, verb, type VerbCx } from './verb.ts'

interface Options extends CommonOptions {
  readonly admin: string
}

export const statusVerb: Verb = (cx) =>
  outputOptions(
    verb({
      name: 'status',
      summary: 'show which proxy has accepted what, and what it refuses with the line to blame',
      examples: [
        ['status', 'of the server on this machine'],
        ['status --admin https://sluice.internal:9900 --format json', 'of another one, for machines'],
      ],
      notes: 'Exit code 0 means that the server answered; 69 that none did.',
    }).option('--admin <address>', 'admin API of the server: host:port, a URL, or the path of a unix socket', '127.0.0.1:9900'),
  ).action(async (options: Options) => cx.exit(await status(cx, options)))

async function status({ io }: VerbCx, { admin, format }: Options): Promise<ExitCode> {
  const answer = await askAdmin(admin, '/api/v1/status')
  if (!isStatus(answer)) throw new Stop(exit.unavailable, `${admin} tells its status in a way that this version of sluice does not understand`)
  if (format === 'json') writeJson(io, { schemaVersion: 1, ...answer })
  else io.stdout.write(printStatus(answer, colorsOf(io)))
  return exit.ok
}

function isStatus(value: unknown): value is StatusView {
  return isMap(value) && isMap(value['config']) && Array.isArray(value['proxies']) && Array.isArray(value['refused'])
}

/** The status as people read it; ends with a line break. */
function printStatus({ config, proxies, refused }: StatusView, paint: PlanColors): string {
  const { state, version, since, reason } = config
  const color = { serving: paint.green, held: paint.yellow, 'last-good': paint.red, none: paint.red }[state]
  const facts = [color(state), ...(version === undefined ? [] : [`version ${version}`]), ...(since === undefined ? [] : [`since ${since}`])]
  const lines = [`${paint.bold('configuration')} ${facts.join(', ')}${reason === undefined ? '' : `: ${printable(reason)}`}`]
  if (proxies.length === 0) lines.push('no proxy is connected')
  for (const proxy of proxies) lines.push('', ...proxyLines(proxy, paint))
  for (const { id, agent, version: own, address, reason: why } of refused) {
    lines.push(
      '',
      `${paint.bold(`proxy ${printable(id)}`)} ${paint.red('not served')} (${printable(`${agent} ${own}, ${address}`)}): ${printable(why)}`,
    )
  }
  return `${lines.join('\n')}\n`
}

function proxyLines({ id, state, agent, version, address, connectedSince, types, rejected, waiting }: ProxyView, paint: PlanColors): string[] {
  const word = { current: paint.green(state), updating: paint.yellow(state), rejected: paint.red(state) }[state]
  const rows = Object.entries(types).map(([type, { wanted, accepted }]) => {
    const figures = `${accepted}/${wanted}`
    return `  ${type.padEnd(10)} ${accepted < wanted ? paint.yellow(figures) : figures}`
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
  const places = culprits.map(({ file, line, column, node }) => {
    return `    ${paint.cyan(line === undefined ? printable(file) : `${printable(file)}:${line}:${column ?? 1}`)} ${printable(node.replace('/', ' '))}`
  })
  return [
    `  ${paint.red('refused')} ${type} ${printable(name)} since ${since}; ${keeps}`,
    ...places,
    ...(meaning === undefined ? [] : [`    ${printable(meaning)}`]),
    `    ${printable(message)}`,
  ]
}
