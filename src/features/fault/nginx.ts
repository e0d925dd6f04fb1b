import { createHash } from 'node:crypto'
import type { NginxParts } from '../../nginx/parts.ts'
import { codeOfStatus } from '../../model/reply-table.ts'
import { type Fault, secretText } from './model.ts'

/** Workers know the hash of the secret only. */
export const nginx: NginxParts<Fault> = {
  state: ({ delay, abort, onlyWith }, _node, { read }) => ({
    ...(delay && { delay }),
    ...(abort && { abort: { reply: codeOfStatus(abort.status), percent: abort.percent } }),
    ...(onlyWith && {
      header: onlyWith.header,
      sha256: createHash('sha256')
        .update(secretText(read(onlyWith.secret)), 'latin1')
        .digest('hex'),
    }),
  }),
}
