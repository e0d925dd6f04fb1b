import type { ErrorFormat, Listener, Policies } from './gateway.ts'

export interface WrittenListener {
  address?: string
  port: number
  trustedHops?: number
  errorFormat?: ErrorFormat
  redirectTo?: string
  [key: string]: unknown
}

/** Makes a listener of what the user wrote, with the defaults filled in. */
export function lowerListener(name: string, written: WrittenListener, policies: Policies): Listener {
  return {
    kind: 'listener',
    name,
    address: written.address ?? '0.0.0.0',
    port: written.port,
    trustedHops: written.trustedHops ?? 0,
    errorFormat: written.errorFormat ?? 'problem-json',
    ...(written.redirectTo === undefined ? {} : { redirectTo: written.redirectTo }),
    policies,
  }
}
