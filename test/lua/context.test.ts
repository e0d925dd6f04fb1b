import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const lua = join(import.meta.dirname, '../../lua')
const context = readFileSync(join(lua, 'sluice/context.lua'), 'utf8')

/** Text of the function of that name, up to the `end` at the beginning of a line. */
const functionOf = (name: string): string => new RegExp(`function ${name.replace('.', '\\.')}\\([\\s\\S]*?\\nend`).exec(context)?.[0] ?? ''

/** Names left of an assignment that are fields of `ctx`. */
const assigned = (text: string): string[] =>
  [...text.matchAll(/^ *(?:if .* then )?((?:[\w.[\]]+, )*[\w.[\]]+) = /gm)].flatMap(([, left = '']) =>
    [...left.matchAll(/\bctx\.(\w+)(?![\w.[])/g)].map(([, name = '']) => name),
  )

// A field that stays from one request to the next could give somebody the answer of somebody else.
it('every field of a context that any module writes is made with it and goes back to nothing after the request', () => {
  const others = globSync('**/*.lua', { cwd: lua }).filter((file) => file !== 'sluice/context.lua')
  const written = new Set(others.flatMap((file) => assigned(readFileSync(join(lua, file), 'utf8'))))
  expect(written.size).toBeGreaterThan(25)
  const made = new Set([...functionOf('new').matchAll(/(\w+) = /g)].map(([, name]) => name))
  const cleared = new Set(assigned(functionOf('M.give')))
  expect([...written].filter((name) => !made.has(name))).toEqual([])
  expect([...written].filter((name) => !cleared.has(name))).toEqual([])
})

it('no module reaches a field by a name that it computes', () => {
  for (const file of globSync('**/*.lua', { cwd: lua })) expect(readFileSync(join(lua, file), 'utf8')).not.toMatch(/\bctx\[|rawset\(ctx/)
})
