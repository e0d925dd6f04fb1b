import { InvalidArgumentError, Option } from 'commander'
import type { Target } from '../target.ts'
import { compileEnvoy } from './compile-envoy.ts'
import { compileNginx } from './compile-nginx.ts'
import { exit, type ExitCode, Stop } from './exit.ts'
import { printMergedFile } from './print-merged.ts'
import { targetOption } from './target-option.ts'
import { type ConfigOptions, configOptions, defaultConfig, type Verb, verb, type VerbCx } from './verb.ts'

interface Options extends ConfigOptions {
  readonly target: Target
  readonly out?: string
  readonly adminPort?: number
  readonly profile?: keyof typeof profiles
  readonly dir?: string
  readonly printMerged?: boolean
}

/** What users call them. */
const profiles = { debian: 'debian-1.22', openresty: 'openresty-1.27' } as const

export const compileVerb: Verb = (cx) =>
  configOptions(
    verb({
      name: 'compile',
      summary: 'write what Envoy or nginx runs without sluice',
      examples: [
        ['compile --out build', 'write build/envoy.json'],
        ['compile --target nginx --out /srv/gateway', 'write a directory for nginx -p /srv/gateway -c nginx.conf'],
        ['compile --target nginx --profile debian --out tree --dir /etc/sluice', 'the same, to be copied to another machine'],
        ['compile --env prod --print-merged', 'the configuration with overlay, includes and defaults in one file'],
      ],
      notes:
        'For Envoy, the file goes to stdout without --out, unless it holds private keys. Equal configurations give equal bytes.\n' +
        'For nginx, the directory is written as a whole or not at all; an nginx that is here is asked first (`nginx -t`). nginx asks no name\n' +
        'server: names are resolved once, with a warning. Without --profile the directory suits the nginx of this machine.',
    })
      .argument('[file]', 'the configuration, or "-" for standard input', defaultConfig)
      .addOption(targetOption('what to write it for'))
      .option('-o, --out <dir>', 'directory to write to; made when it is not there')
      .option('--admin-port <port>', "port of Envoy's admin interface on 127.0.0.1 (default: 9902)", port)
      .addOption(
        new Option('--profile <name>', 'nginx of the packages of Debian (1.22 and later), or OpenResty (1.27 and later)').choices(
          Object.keys(profiles),
        ),
      )
      .option('--dir <path>', 'where the nginx directory will stand when it runs (default: that of --out)')
      .option('--print-merged', 'print one gateway.yaml with every default, and where each part was written'),
  ).action(async (file: string, options: Options) => cx.exit(await compile(cx, file, options)))

async function compile(cx: VerbCx, file: string, { profile, ...options }: Options): Promise<ExitCode> {
  if (options.printMerged) return printMergedFile(cx, file, options)
  if (options.target === 'nginx') {
    if (options.adminPort !== undefined) throw new Stop(exit.usage, '--admin-port is for Envoy; the admin socket of nginx is DIR/run/admin.sock')
    return compileNginx(cx.io, file, { ...options, ...(profile === undefined ? {} : { profile: profiles[profile] }) })
  }
  if (profile !== undefined || options.dir !== undefined) throw new Stop(exit.usage, '--profile and --dir are for --target nginx')
  return compileEnvoy(cx.io, file, options)
}

function port(text: string): number {
  const number = Number(text)
  if (!/^\d{1,5}$/.test(text) || number > 65_535) throw new InvalidArgumentError('It must be a port, 0 to 65535.')
  return number
}
