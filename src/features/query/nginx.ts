import type { NginxParts } from '../../nginx/parts.ts'
import { textData } from '../../nginx/text-data.ts'
import { goneOf, type Query } from './model.ts'

export const nginx: NginxParts<Query> = {
  state: (query) => ({
    gone: goneOf(query),
    added: [...query.set, ...query.add].map(({ name, value }) => ({ name, value: textData(value) })),
  }),
}
