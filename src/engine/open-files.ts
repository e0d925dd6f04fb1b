import { readFile } from 'node:fs/promises'

/** How many files this process and its children may have open; undefined off Linux. Node has raised its own limit to the hard one by now, and children inherit it. */
export async function openFileLimit(path = '/proc/self/limits'): Promise<number | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '')
  const soft = /^Max open files\s+(\d+|unlimited)/m.exec(text)?.[1]
  if (soft === undefined) return undefined
  return soft === 'unlimited' ? Infinity : Number(soft)
}

const most = 50_000

/** Client connections for a proxy with that many files: each may need another one to an upstream, so less than half; never above 50,000. */
export function connectionsFor(openFiles: number | undefined): number {
  return Math.max(1, Math.min(most, Math.floor((openFiles ?? Infinity) * 0.45)))
}
