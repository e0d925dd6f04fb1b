import { Type } from 'typebox'
import { expect, it } from 'vitest'
import type { Point } from '../../src/feature.ts'
import { mergePolicies } from '../../src/model/merge.ts'

const point: Point = {
  at: 'service',
  key: 'check',
  schema: Type.Unknown(),
  merge: 'fields',
  forms: [['path', 'host'], ['tcp']],
  whole: ['answer'],
}
const merged = (...layers: unknown[]): unknown =>
  mergePolicies(
    [point],
    layers.map((check) => ({ check })),
  ).get('check')

it('drops the other forms of a weaker layer where a stronger one chooses a form', () => {
  expect(merged({ path: '/a', host: 'b', every: 1 }, { tcp: {} })).toEqual({ tcp: {}, every: 1 })
  expect(merged({ tcp: { send: 'x' } }, { path: '/a' })).toEqual({ path: '/a' })
})

it('keeps the form of a weaker layer where a stronger one says nothing of forms, and merges one form with itself', () => {
  expect(merged({ path: '/a', host: 'b' }, { every: 2 })).toEqual({ path: '/a', host: 'b', every: 2 })
  expect(merged({ path: '/a', host: 'b' }, { host: 'c' })).toEqual({ path: '/a', host: 'c' })
})

it('replaces a value that is whole', () => {
  expect(merged({ answer: { text: 'a', status: 1 } }, { answer: { file: 'b' } })).toEqual({ answer: { file: 'b' } })
})

it('leaves both alone when one layer names two forms: its own check reports that', () => {
  expect(merged({ path: '/a', tcp: {} })).toEqual({ path: '/a', tcp: {} })
})
