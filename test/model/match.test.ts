import { describe, expect, it } from 'vitest'
import { hostOf } from '../../src/model/host.ts'
import { type Candidate, match, type Request } from '../../src/model/match.ts'
import { rank } from '../../src/model/rank.ts'
import { literalPrefix, regexProblem } from '../../src/model/regex.ts'
import { anyListener, matchOf, routeOf } from '../support/routes.ts'

function ask(path: string, more: Partial<Request> = {}): Request {
  return { host: 'shop.test', method: 'GET', path, headers: [], ...more }
}

describe('match', () => {
  it('gives the values of template variables as they stand in the path', () => {
    const table = rank([routeOf('files', '/users/{user}/files/{path=**}')], anyListener)
    expect(match(table, ask('/users/7/./files/a/%20b?x=1'))).toMatchObject({ type: 'route', params: { user: '7', path: 'a/%20b' }, query: 'x=1' })
    expect(match(table, ask('/users/7/files/'))).toMatchObject({ type: 'route', params: { user: '7', path: '' } })
    expect(match(table, ask('/users/7/files'))).toMatchObject({ type: 'none' })
    expect(match(table, ask('/users//files/a'))).toMatchObject({ type: 'none' })
  })

  it('tells each route that it looked at and what it failed on', () => {
    const condition = { name: 'x-beta', type: 'exact', value: '1' } as const
    const routes = [
      routeOf('other', '/api/b'),
      routeOf('post', matchOf('/api/a', { methods: ['POST'] })),
      routeOf('beta', matchOf('/api/a', { headers: [condition] })),
      routeOf('paged', matchOf('/api/a', { query: [condition] })),
      routeOf('api', '/api/*'),
      routeOf('never', '/*'),
    ]
    const seen: Candidate[] = []
    match(rank(routes, anyListener), ask('/api/a', { headers: [['x-beta', '2']] }), (candidate) => seen.push(candidate))
    expect(seen.map(({ entry, failed }) => [entry.route.name, failed])).toEqual([
      ['post', { on: 'method' }],
      ['beta', { on: 'header', condition }],
      ['paged', { on: 'query', condition }],
      ['other', { on: 'path' }],
      ['api', undefined],
    ])
  })

  it('takes any one of repeated headers, but joins those that Envoy joins', () => {
    const two = (name: string, value: string) => rank([routeOf('r', matchOf('/*', { headers: [{ name, type: 'exact', value }] }))], anyListener)
    const repeated = (name: string) =>
      ask('/', {
        headers: [
          [name, '1'],
          [name, '2'],
        ],
      })
    expect(match(two('x-v', '2'), repeated('x-v')).type).toBe('route')
    expect(match(two('accept', '2'), repeated('accept')).type).toBe('none')
    expect(match(two('accept', '1,2'), repeated('accept')).type).toBe('route')
  })

  it('refuses a second host and parameters where routes differ', () => {
    const table = rank([routeOf('admin', '/admin/*'), routeOf('rest', '/*')], anyListener)
    expect(match(table, ask('/', { host: 'a.test,b.test' })).type).toBe('refused')
    expect(match(table, ask('/admin;x=1/users')).type).toBe('refused')
    expect(match(table, ask('/admin%20')).type).toBe('refused')
    expect(match(table, ask('/admin/users;x=1')).type).toBe('route')
    const open = rank([routeOf('matrix', '/admin;v=1/*'), routeOf('rest', '/*')], anyListener)
    expect(match(open, ask('/admin;v=1/users'))).toMatchObject({ type: 'route', entry: { route: { name: 'matrix' } } })
  })

  it('finds the virtual host by exact name, longest wildcard, then any', () => {
    const routes = ['a.test', '*.a.test', '*.test'].map((host) => routeOf(host.replace('*', 'any'), '/*', { hosts: [host] }))
    const table = rank([...routes, routeOf('rest', '/*')], anyListener)
    const name = (host: string) => {
      const matched = match(table, ask('/', { host }))
      return matched.type === 'route' ? matched.entry.route.name : matched.type
    }
    expect(['a.test', 'A.test:8080', 'a.test.', 'x.a.test', 'y.x.a.test', 'b.test', '.a.test', 'test', '[::1]:80'].map(name)).toEqual([
      ...['a.test', 'a.test', 'a.test', 'any.a.test', 'any.a.test', 'any.test', 'any.test', 'rest', 'rest'],
    ])
  })

  it('strips the port and the last dot of a host', () => {
    expect(['A.test:80', 'a.test.', 'a.test.:80', '[::1]:80', '[::1]', 'a.test:'].map(hostOf)).toEqual([
      'a.test',
      'a.test',
      'a.test',
      '[::1]',
      '[::1]',
      'a.test',
    ])
  })
})

describe('regexes', () => {
  it('know the text that every match begins with', () => {
    const texts = [
      '/a/b.*',
      '/ab*',
      '/ab?c',
      '/a{2}',
      '/a|/b',
      '(/a|/b)',
      '/a(|/b)',
      '/a\\.b/[|]',
      '^/a$',
      '(?i)/a',
      '/a\\d',
      '/[]|]',
      '\\Q/a|b\\E',
      '/a[[:alpha:]|x]|/b',
    ]
    expect(texts.map((text) => literalPrefix(text).text)).toEqual(['/a/b', '/a', '/a', '/', '', '', '/a', '/a.b/', '/a', '', '/a', '/', '', ''])
  })

  it('say what is wrong with one that is no RE2', () => {
    expect(regexProblem('/a(?=b)')).toMatch(/perl|invalid/i)
    expect(regexProblem('/a+')).toBeUndefined()
  })
})
