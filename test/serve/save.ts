import { rename, writeFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { PublishReceipt } from '../../src/live/fleet.ts'
import { until } from '../support/until.ts'

/** What serves the file, for whichever engine. */
interface Followed {
  readonly state: string
  readonly last: { readonly receipt?: PublishReceipt | undefined; readonly diagnostics: readonly unknown[] }
  reload(reason: string): Promise<unknown>
}

/** Saves the followed file as an editor does; resolves when what it says is published. */
export async function save(config: string, serving: Followed, text: string): Promise<PublishReceipt> {
  await writeFile(`${config}.new`, text)
  // An editor flushes before it renames. The file's two times tell the rename from the write only when they differ by a tick.
  await delay(10)
  await rename(`${config}.new`, config)
  await serving.reload('a test')
  await until('the change is published', () => serving.state === 'serving')
  if (!serving.last.receipt) throw new Error(`not published: ${JSON.stringify(serving.last.diagnostics)}`)
  return serving.last.receipt
}
