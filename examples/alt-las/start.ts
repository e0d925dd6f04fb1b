/**
 * `npm start`: six sample backends as processes of their own, then `sluice run` with the repository's gateway.yaml.
 * Arguments go to `sluice run`, such as in `npm start -- --engine nginx`. Ctrl-C stops everything; if this process is killed, everything that it started ends by itself.
 */
import { main } from '../../src/cli.ts'
import { installEnvoy } from '../../src/engine/install.ts'
import { installNginx } from '../../src/engine/nginx-install.ts'
import { checkPorts, PortTaken } from '../../src/engine/port-check.ts'
import { Backends } from './backends.ts'
import { guide, restart } from './guide.ts'
import { instancesOf, isLocal } from './instances.ts'
import { proxyIsReady } from './proxy-is-ready.ts'

const args = process.argv.slice(2)
const say = (line: string): void => void process.stderr.write(`${line}\n`)
const gatewayPort = Number(process.env['GATEWAY_PORT'] || 8080)
const backends = new Backends((instance, how) => say(`${instance.name} ended (${how}); start it again: ${restart(instance)}`))

// npm runs this in a shell, which dies of a signal that npm passes on without passing it on itself.
if (process.env['npm_lifecycle_event'] === 'start') {
  const shell = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === shell) return
    clearInterval(watch)
    process.kill(process.pid, 'SIGTERM')
  }, 500).unref()
}

try {
  process.exitCode = await start()
} catch (error) {
  say(`error: ${error instanceof Error ? error.message : String(error)}`)
  if (error instanceof PortTaken) say(`or choose another: GATEWAY_PORT=${gatewayPort + 1} npm start`)
  process.exitCode = 1
} finally {
  await backends.stop()
}

async function start(): Promise<number> {
  await checkPorts([{ listener: 'public', address: '0.0.0.0', port: gatewayPort }])
  const engine = argument('--engine') === 'nginx' ? 'nginx' : 'envoy'
  await (engine === 'nginx' ? installNginx(say) : installEnvoy(say))
  const instances = instancesOf(process.env)
  await backends.start(instances.filter(isLocal))
  const { stdout, stderr, stdin, env } = process
  const ended = new AbortController()
  const running = main(['run', ...args], { stdout, stderr, stdin, env, cwd: process.cwd(), isTTY: stdout.isTTY }).finally(() => ended.abort())
  // Where `sluice run` is told to open its admin API.
  const admin = argument('--admin') ?? '127.0.0.1:9900'
  const proxy = await proxyIsReady(admin, ended.signal)
  const [example] = instances
  if (proxy !== undefined && example) {
    const rows = [
      { name: engine, where: `http://127.0.0.1:${gatewayPort}`, pid: proxy },
      { name: 'sluice', where: `admin API ${admin}`, pid: process.pid },
      ...instances.map((one) => ({ name: one.name, where: `${one.host}:${one.port}`, pid: backends.pidOf(one) ?? 'elsewhere' })),
    ]
    stdout.write(guide(rows, gatewayPort, { ...example, pid: backends.pidOf(example) }))
  }
  return running
}

/** What an option of `sluice run` is given on the command line. */
function argument(option: string): string | undefined {
  const at = args.indexOf(option)
  const joined = args.find((arg) => arg.startsWith(`${option}=`))?.slice(option.length + 1)
  return joined ?? (at === -1 ? undefined : args[at + 1])
}
