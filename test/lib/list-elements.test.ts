import { describe, expect, it } from 'vitest'
import { ListElements } from '../../src/lib/list-elements.ts'

const elements = [{ name: 'a}]"\\', list: [{ deep: [1, {}] }, '{['] }, {}, { name: 'ü\\"' }]
const text = JSON.stringify({ elements }, null, 1)

describe('ListElements', () => {
  it('gives the same elements wherever the text is cut', () => {
    for (let at = 0; at <= text.length; at++) {
      const list = new ListElements()
      const first = list.push(text.slice(0, at))
      expect(list.ended).toBe(at === text.length)
      const all = [...first, ...list.push(text.slice(at))]
      expect(all.map((one): unknown => JSON.parse(one))).toEqual(elements)
      expect(list.ended).toBe(true)
    }
  })

  it('takes single characters, and lists without elements', () => {
    const list = new ListElements()
    expect([...text].flatMap((letter) => list.push(letter)).map((one): unknown => JSON.parse(one))).toEqual(elements)
    for (const empty of ['{}', '{"elements": []}']) {
      const none = new ListElements()
      expect([none.push(empty), none.ended]).toEqual([[], true])
    }
  })
})
