import { ConnectError } from '@connectrpc/connect'

/** What a call was refused with; undefined when it was answered. */
export async function refusalOf(call: Promise<unknown>): Promise<ConnectError | undefined> {
  try {
    await call
    return undefined
  } catch (error) {
    return ConnectError.from(error)
  }
}
