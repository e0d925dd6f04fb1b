import { describe, expect, it } from 'vitest'
import { normalizePath } from '../../src/model/path.ts'

/** The whole target as it is forwarded, or `400`. */
function forwarded(raw: string): string {
  const normal = normalizePath(raw)
  return 'refused' in normal ? '400' : `${normal.path}${normal.query === undefined ? '' : `?${normal.query}`}`
}

describe('normalizePath', () => {
  it.each([
    ['/', '/'],
    ['//', '//'],
    ['/a//b/', '/a/b/'],
    ['/a/./b/../c', '/a/c'],
    ['/a/..', '/'],
    ['/a/.', '/a/'],
    ['/../../a', '/a'],
    ['/a///../../b', '/a/b'],
    ['/%61%2e%7E', '/a.~'],
    ['/x/%2e%2E/a', '/a'],
    ['/a\\..\\b', '/b'],
    ['/a|b"c', '/a%7Cb%22c'],
    ['/a/..;x=y/b', '/b'],
    ['/a/.;x\\y/b', '/a/b'],
    ['/%%32%65', '/%252e'],
    ['/a%20b%3bc', '/a%20b%3bc'],
    ['/a;x=1', '/a;x=1'],
    ['/a?b=//../%2f%00%zz', '/a?b=//../%2f%00%zz'],
    ['/a?', '/a?'],
  ])('forwards %s as %s', (raw, expected) => {
    expect(forwarded(raw)).toBe(expected)
  })

  it.each([
    '',
    'a',
    '*',
    'http://h/a',
    '/a#b',
    '/a?b#c',
    '/a b',
    '/\u00e4',
    '/\x7f',
    '/a%2Fb',
    '/a%5cb',
    '/a%00',
    '/%zz',
    '/%',
    '/a%2',
    '/%2/b',
    '/%0a',
    '/%7f',
    '/%c0%ae',
    '/%FF',
    '/x/%2e%2e;/a',
    '/a\\..;x/b',
  ])('refuses %j', (raw) => {
    expect(forwarded(raw)).toBe('400')
  })

  it('changes nothing that it made itself', () => {
    for (const raw of ['/a//./b/../c', '/%61', '/a|b', '/a\\b', '/a/..;x/b', '/a/..?x=//']) expect(forwarded(forwarded(raw))).toBe(forwarded(raw))
  })
})
