import type { NginxParts } from '../../nginx/parts.ts'
import { toldOf } from './headers.ts'
import type { ApiVersion } from './model.ts'

export const nginx: NginxParts<ApiVersion> = {
  state(value) {
    if (!('by' in value)) return undefined
    const { set, add } = toldOf(value)
    return { set: { ...set }, add: add.map((pair) => [...pair]), counted: value.deprecated !== undefined }
  },
}
