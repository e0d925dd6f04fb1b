import { isIP } from 'node:net'
import type { ListenerValue } from '../config/schema/listener.ts'
import type { LowerCx } from '../feature.ts'
import type { Listener, Policies } from './gateway.ts'

/** Makes a listener of what the user wrote, with the defaults filled in. */
export function lowerListener(name: string, written: ListenerValue, policies: Policies, cx: LowerCx): Listener {
  const address = written.address ?? '0.0.0.0'
  if (isIP(address) === 0) {
    const help = address === 'localhost' ? 'write 127.0.0.1' : 'write 0.0.0.0 for every interface, or the IP address of one'
    cx.report({ code: 'listener/bad-address', message: `"${address}" is no IP address`, path: ['address'], help })
  }
  return {
    kind: 'listener',
    name,
    address,
    port: written.port,
    trustedHops: written.trustedHops ?? 0,
    errorFormat: written.errorFormat ?? 'problem-json',
    ...(written.redirectTo === undefined ? {} : { redirectTo: written.redirectTo }),
    policies,
  }
}
