import { readFile } from 'node:fs/promises'
import type { Env } from './resolve-variables.ts'

/** What could not be had, by key of the material. */
export interface MaterialProblem {
  readonly key: string
  readonly problem: string
}

/** Reads files and secrets named in gateway.yaml. Values stay in memory; problems name the place, never the value. */
export async function readMaterials(
  keys: Iterable<string>,
  env: Env,
): Promise<{ content: ReadonlyMap<string, Uint8Array>; problems: readonly MaterialProblem[] }> {
  const content = new Map<string, Uint8Array>()
  const problems: MaterialProblem[] = []
  for (const key of new Set(keys)) {
    const read = await readMaterial(key, env)
    if (typeof read === 'string') problems.push({ key, problem: read })
    else content.set(key, read)
  }
  return { content, problems }
}

async function readMaterial(key: string, env: Env): Promise<Uint8Array | string> {
  if (key.startsWith('env:')) {
    const name = key.slice(4)
    const value = Object.hasOwn(env, name) ? env[name] : undefined
    return value === undefined ? `the environment variable ${name} is not set` : Buffer.from(value)
  }
  const path = key.replace(/^file:/, '')
  try {
    return await readFile(path)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    return code === 'ENOENT' ? `${path} does not exist` : `${path} cannot be read (${code})`
  }
}
