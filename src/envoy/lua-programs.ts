import { create, type JsonObject } from '@bufbuild/protobuf'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type LuaPerRoute, LuaPerRouteSchema, LuaSchema } from '#gen/envoy/extensions/filters/http/lua/v3/lua_pb.js'
import { packageRoot } from '../lib/package-root.ts'

/**
 * What the slot `lua` can run, by name. The part that does the work is the module that nginx runs, so that both engines do the same; no text of a user
 * is ever in it. The files are read once, with the code that they are a part of.
 */
const programs = {
  query: [`package.preload["sluice.query"] = function()`, text('sluice/query.lua'), 'end', text('envoy/query.lua')].join('\n'),
} as const

/** Configuration of the slot. Without a name from the route nothing runs. */
export const luaPrograms = create(LuaSchema, {
  statPrefix: 'sluice',
  clearRouteCache: false,
  sourceCodes: Object.fromEntries(Object.entries(programs).map(([name, value]) => [name, { specifier: { case: 'inlineString' as const, value } }])),
})

/** Switches a program on for a route, which gives it `data`. */
export function runLua(name: keyof typeof programs, data: JsonObject): LuaPerRoute {
  return create(LuaPerRouteSchema, { override: { case: 'name', value: name }, filterContext: data })
}

function text(path: string): string {
  return readFileSync(join(packageRoot(), 'lua', path), 'utf8')
}
