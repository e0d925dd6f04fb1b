/** A process of its own that supervises a proxy until it gets SIGTERM; arguments: run directory, file with the static bootstrap. */
import { readFileSync } from 'node:fs'
import { installEnvoy } from '../../src/engine/install.ts'
import { supervise } from '../../src/engine/supervise.ts'

const [runDir = '', file = ''] = process.argv.slice(2)
const text = readFileSync(file, 'utf8')
const supervisor = await supervise({
  binary: (await installEnvoy()).path,
  runDir,
  bootstrap: (adminSocket) => text.replace('ADMIN_SOCKET', adminSocket),
  ports: [],
  concurrency: 1,
  drainMs: 3000,
  log: (line) => process.stderr.write(`${line}\n`),
})
process.once('SIGTERM', () => void supervisor.stop())
await supervisor.ready()
process.stdout.write(`ready ${supervisor.pid}\n`)
await supervisor.ended
