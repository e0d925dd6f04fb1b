import type { DescMessage, MessageShape } from '@bufbuild/protobuf'
import type { Diagnostic } from '../diagnostics/diagnostic.ts'
import { violations } from './pgv.ts'

/** What was made of a node, and what is wrong with it. */
export interface Made<T> {
  readonly value: T
  readonly diagnostics: readonly Diagnostic[]
}

/** Envoy refuses a whole response for one broken field rule, so they are checked before anything is sent. */
export function checkMessage<D extends DescMessage>(schema: D, message: MessageShape<D>, at: () => Diagnostic['at']): Diagnostic[] {
  return violations(schema, message).map(({ path, message: text }) => ({
    code: 'envoy/refused-value',
    severity: 'error',
    message: `Envoy would refuse this: ${path} ${text}`,
    at: at(),
  }))
}
