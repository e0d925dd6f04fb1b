import type { FindingsView } from '../admin/findings.ts'
import type { StatusView } from '../admin/status-schema.ts'
import { askAdmin, isMap } from './admin-client.ts'
import { adminOptions, type AdminOptions, type AdminServer, readAdminServer } from './admin-options.ts'
import { exit, type ExitCode, Stop } from './exit.ts'
import { colorsOf } from './io.ts'
import { printStatus } from './print-status.ts'
import { writeJson } from './report.ts'
import { type CommonOptions, outputOptions, type Verb, verb, type VerbCx } from './verb.ts'

type Options = CommonOptions & AdminOptions

export const statusVerb: Verb = (cx) =>
  outputOptions(
    adminOptions(
      verb({
        name: 'status',
        summary: 'show which proxy has accepted what, and what it refuses with the line to blame',
        examples: [
          ['status', 'of the server on this machine'],
          ['status --admin https://sluice.internal:9900 --format json', 'of another one, for machines'],
        ],
        notes:
          'Exit code 0: the files are served and no proxy refuses a part of it. 1: a proxy does, or something older is served; the findings say why. 69: no server answers.',
      }),
    ),
  ).action(async (options: Options) => cx.exit(await status(cx, options)))

async function status({ io }: VerbCx, options: Options): Promise<ExitCode> {
  const server = await readAdminServer(options)
  const answer = await askAdmin(server, '/api/v1/status')
  if (!isStatus(answer)) throw strange(server)
  const serving = answer.config.state === 'serving'
  const found = serving ? undefined : await findingsOf(server)
  if (options.format === 'json') writeJson(io, { schemaVersion: 1, ...answer, ...(found && { findings: found.findings }) })
  else io.stdout.write(printStatus(answer, found, colorsOf(io)))
  return serving && answer.proxies.every(({ rejected }) => rejected.length === 0) ? exit.ok : exit.findings
}

/** What is wrong with the files that are not served. */
async function findingsOf(server: AdminServer): Promise<FindingsView> {
  const answer = await askAdmin(server, '/api/v1/config/findings')
  if (!isFindings(answer)) throw strange(server)
  return answer
}

function isFindings(value: unknown): value is FindingsView {
  return isMap(value) && Array.isArray(value['findings']) && isMap(value['summary'])
}

function strange({ address }: AdminServer): Stop {
  return new Stop(exit.unavailable, `${address} tells its status in a way that this version of sluice does not understand`)
}

function isStatus(value: unknown): value is StatusView {
  return isMap(value) && isMap(value['config']) && Array.isArray(value['proxies']) && Array.isArray(value['refused'])
}
