import { homedir } from 'node:os'
import { join } from 'node:path'

/** Directory for downloaded engines and generated schemas: `SLUICE_CACHE`, else the XDG cache home. It lies outside any clone. */
export function cacheDir(env: NodeJS.ProcessEnv = process.env): string {
  if (env['SLUICE_CACHE']) return env['SLUICE_CACHE']
  return join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'sluice')
}
