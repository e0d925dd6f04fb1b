import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Calls `use` with the path of a gateway.yaml that stands in a directory of its own, beside `files`, for as long as the call takes. */
export async function withGatewayFile<T>(text: string, files: Readonly<Record<string, string>>, use: (file: string) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'sluice-yaml-'))
  try {
    for (const [name, content] of Object.entries({ ...files, 'gateway.yaml': text })) await writeFile(join(dir, name), content)
    return await use(join(dir, 'gateway.yaml'))
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}
