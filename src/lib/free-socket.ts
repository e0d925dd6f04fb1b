import { rm } from 'node:fs/promises'
import { connect } from 'node:net'

/** Removes the file of a unix socket that nobody listens on. Throws EADDRINUSE when somebody does. */
export async function freeSocket(path: string): Promise<void> {
  const used = await new Promise<boolean>((resolve) => {
    const probe = connect(path)
    probe.once('connect', () => {
      probe.destroy()
      resolve(true)
    })
    probe.once('error', () => resolve(false))
  })
  if (used) throw Object.assign(new Error(`another process listens on ${path}`), { code: 'EADDRINUSE' })
  await rm(path, { force: true })
}
