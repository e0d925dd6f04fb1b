import { expect, test } from 'vitest'
import { parseSecretRef, secretPattern } from '../../src/config/secret-ref.ts'

const schema = new RegExp(secretPattern, 'u')

test('a reference names a variable or a file', () => {
  expect(parseSecretRef('secret://env/KEY_2')).toEqual({ from: 'env', name: 'KEY_2' })
  expect(parseSecretRef('secret://file/certs/key.pem')).toEqual({ from: 'file', path: 'certs/key.pem' })
  expect(parseSecretRef('secret://file//run/key')).toEqual({ from: 'file', path: '/run/key' })
})

test('what the schema takes can be taken apart', () => {
  const texts = ['env/KEY', 'env/', 'env/2', 'env/a-b', 'file/a', 'file/', 'file/a\0b', 'file/a\nb', 'file/a b', 'file/ä\u2028', 'vault/a', '']
  const taken = texts.filter((text) => schema.test(`secret://${text}`))
  expect(taken).toEqual(['env/KEY', 'file/a', 'file/a b', 'file/ä\u2028'])
  expect(taken.filter((text) => parseSecretRef(`secret://${text}`) === undefined)).toEqual([])
})
