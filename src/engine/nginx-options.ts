import type { ConfOptions } from '../nginx/conf.ts'
import type { NginxBinary } from './nginx-install.ts'

/** What nginx.conf must say so that this nginx finds its parts. */
export function confOptionsOf({ profile, modules, luaPath, luaCpath }: NginxBinary): ConfOptions {
  return {
    profile,
    ...(modules === undefined ? {} : { modules }),
    ...(luaPath === undefined ? {} : { luaPath }),
    ...(luaCpath === undefined ? {} : { luaCpath }),
  }
}
