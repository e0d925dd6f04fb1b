import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { Secret, resolveSecret } from '../../src/config/secret.ts'

const value = 'hunter2'

test('a secret never shows itself', () => {
  const secret = new Secret(value)
  const shown = [
    String(secret),
    JSON.stringify({ secret }),
    inspect({ secret }, { showHidden: true, depth: 9 }),
    JSON.stringify(Object.entries(secret)),
    String([secret]),
    'x'.concat(String(secret)),
  ]
  for (const text of shown) expect(text).not.toContain(value)
  expect(shown[0]).toBe('[redacted]')
  expect(secret.reveal()).toBe(value)
})

test('references are fetched relative to the file that holds them, and problems never repeat a value', async () => {
  const readFile = async (path: string): Promise<string> => {
    if (path === '/etc/gw/certs/key.pem' || path === '/run/key') return `${value}\n`
    if (path === '/etc/gw/empty') return '\n'
    throw Object.assign(new Error(value), { code: 'ENOENT' })
  }
  const get = async (ref: string) => {
    const result = await resolveSecret(ref, '/etc/gw', { KEY: value, EMPTY: '' }, readFile)
    return result instanceof Secret ? result.reveal() : result
  }
  expect(await get('secret://env/KEY')).toBe(value)
  expect(await get('secret://file/certs/key.pem')).toBe(value)
  expect(await get('secret://file//run/key')).toBe(value)
  expect(await get('secret://env/NOPE')).toEqual({ problem: 'secret://env/NOPE: the environment variable NOPE is not set' })
  expect(await get('secret://env/EMPTY')).toEqual({ problem: 'secret://env/EMPTY: the environment variable EMPTY is empty' })
  expect(await get('secret://env/toString')).toEqual({ problem: 'secret://env/toString: the environment variable toString is not set' })
  expect(await get('secret://file/nope')).toEqual({ problem: 'secret://file/nope: /etc/gw/nope cannot be read (ENOENT)' })
  expect(await get('secret://file/empty')).toEqual({ problem: 'secret://file/empty: /etc/gw/empty is empty' })
  expect(JSON.stringify(await get(value))).not.toContain(value)
})
