import { isAbsolute, join, resolve } from 'node:path'
import type { EngineState } from '../admin/source.ts'
import { findNginx } from '../engine/nginx-install.ts'
import { nginxSite } from '../engine/nginx-site.ts'
import { lockRunDir } from '../engine/run-lock.ts'
import { adminSocket } from '../nginx/conf.ts'
import { readRuntimeFiles } from '../nginx/runtime-files.ts'
import { type ControlPlane, startNginxPlane } from './control-plane.ts'
import { exit, Stop } from './exit.ts'
import type { Io } from './io.ts'
import type { LiveOptions } from './live-options.ts'
import type { Log } from './log.ts'

/** What `serve` needs to begin, and what it says then. */
export interface ServedNginx {
  readonly plane: ControlPlane
  readonly isReady: () => boolean
  readonly engine: () => EngineState
  readonly words: string
  /** Gives the directory back. */
  readonly close: () => Promise<void>
}

/**
 * A control plane beside an nginx that somebody else starts on the tree in `--dir`: the tree is written while no nginx runs there, and the one that runs
 * gets changes over its admin socket, and a signal when a listener changes.
 */
export async function serveNginxAt(io: Io, file: string, dirOption: string | undefined, options: LiveOptions, log: Log): Promise<ServedNginx> {
  if (options.xds) throw new Stop(exit.usage, '--xds is for Envoy; nginx is reached through the directory that --dir names')
  if (dirOption === undefined) throw new Stop(exit.usage, '--engine nginx needs --dir, the directory that nginx is started with (nginx -p DIR)')
  const dir = isAbsolute(dirOption) ? dirOption : resolve(io.cwd, dirOption)
  if (Buffer.byteLength(join(dir, adminSocket)) > 107) {
    throw new Stop(exit.usage, `the path ${join(dir, adminSocket)} is too long for a unix socket (107 bytes); choose a shorter --dir`)
  }
  const binary = await findNginx(io.env)
  if (!binary) throw new Stop(exit.unavailable, 'there is no nginx with Lua here to work beside; `sluice engine install nginx` fetches one')
  const unlock = await lockRunDir(dir)
  try {
    const site = nginxSite({ dir, binary, runtime: await readRuntimeFiles(), ...(process.getuid?.() === 0 && { user: 'root' }) })
    const plane = await startNginxPlane(io, file, { site, writes: true }, options, log)
    const { publisher } = plane.serving
    publisher.begin()
    return {
      plane,
      isReady: () => publisher.ready,
      engine: () => ({
        state: publisher.up ? 'running' : 'not running',
        detail: `in ${dir}, ${publisher.reloads} ${publisher.reloads === 1 ? 'reload' : 'reloads'}`,
        ...(publisher.up && { sickEndpoints: () => site.admin.sick(), metrics: () => site.admin.metrics() }),
      }),
      words: `nginx in ${dir} (to start it: ${binary.path} -p ${dir} -c nginx.conf)`,
      close: unlock,
    }
  } catch (error) {
    await unlock()
    throw error
  }
}
