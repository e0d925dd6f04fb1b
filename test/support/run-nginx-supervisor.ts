/** A process of its own that supervises an nginx until it gets SIGTERM; arguments: directory of the tree, directory of the lock. */
import { installNginx } from '../../src/engine/nginx-install.ts'
import { superviseNginx } from '../../src/engine/nginx-supervise.ts'

const [dir = '', runDir = ''] = process.argv.slice(2)
const supervisor = await superviseNginx({
  binary: await installNginx(),
  dir,
  runDir,
  ports: () => [],
  drainMs: 3000,
  log: (line) => process.stderr.write(`${line}\n`),
})
process.once('SIGTERM', () => void supervisor.stop())
await supervisor.ready()
process.stdout.write(`ready ${supervisor.pid}\n`)
