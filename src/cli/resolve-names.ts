import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { Good } from '../compile.ts'
import { depthOf } from '../config/value-at.ts'
import type { Diagnostic, Place } from '../diagnostics/diagnostic.ts'
import type { Service } from '../model/gateway.ts'
import { type State, stateOf } from '../nginx/state.ts'

/** What a name stands for, or why nobody knows. */
type Answer = readonly string[] | { readonly problem: string }

/** The state with the present addresses of every name, and a finding for each name: that its addresses are fixed now, or that it has none. */
export async function resolveNames(good: Good<'nginx'>): Promise<readonly [State, readonly Diagnostic[]]> {
  const named = [...good.gateway.services.values()].flatMap((service) =>
    service.discovery.endpoints.flatMap(({ address }, index) => (isIP(address) === 0 ? [{ service, address, index }] : [])),
  )
  const hosts = [...new Set(named.map(({ address }) => address))]
  const answers = new Map(await Promise.all(hosts.map(async (host) => [host, await ask(host)] as const)))
  const diagnostics = named.map(({ service, address, index }) => verdict(address, answers.get(address), placeOf(good, service, index)))
  const lines = new Map(good.state.lines)
  for (const { service } of named)
    lines.set(
      `service/${service.name}`,
      good.line(service, (host) => listed(answers.get(host))),
    )
  return [stateOf(lines.values()), diagnostics]
}

function verdict(host: string, answer: Answer | undefined, at: Place): Diagnostic {
  const follow = 'let `sluice run --engine nginx` follow the name'
  if (answer && !('problem' in answer)) {
    return {
      code: 'nginx/fixed-addresses',
      severity: 'warning',
      message: `${host} is ${answer.join(', ')} now, and stays that in the tree: nginx asks no name server`,
      at,
      help: `compile again when the name moves, or ${follow}`,
    }
  }
  return {
    code: 'nginx/unknown-name',
    severity: 'error',
    message: `${host} cannot be resolved here (${answer?.problem ?? 'it was not asked for'}), and nginx asks no name server`,
    at,
    help: `compile where the name is known, write addresses, or ${follow}`,
  }
}

function listed(answer: Answer | undefined): readonly string[] {
  return answer && !('problem' in answer) ? answer : []
}

/** Where the name was written: `discovery`, or one of `endpoints`. */
function placeOf({ at, files }: Good<'nginx'>, service: Service, index: number): Place {
  const place = at(service, ['discovery'])
  return depthOf(files.get(place.file)?.value, place.path) === place.path.length ? place : at(service, ['endpoints', index])
}

/** IPv4 addresses, or IPv6 ones when there are no others, as the Envoy engine takes them. */
async function ask(host: string): Promise<Answer> {
  try {
    const all = await lookup(host, { all: true })
    const four = all.filter(({ family }) => family === 4)
    return [...new Set((four.length > 0 ? four : all).map(({ address }) => address))].sort()
  } catch (error) {
    return { problem: error instanceof Error && 'code' in error ? String(error.code) : String(error) }
  }
}
