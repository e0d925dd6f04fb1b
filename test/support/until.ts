import { setTimeout as delay } from 'node:timers/promises'

/** Waits until `check` gives something other than false or undefined; throws after `ms` (default 120 s) with `what` and the last error. */
export async function until<T>(what: string, check: () => T | Promise<T>, ms = 120_000): Promise<Exclude<T, false | undefined>> {
  const deadline = Date.now() + ms
  let last: unknown
  while (Date.now() < deadline) {
    try {
      const value = await check()
      if (value !== false && value !== undefined) return value as Exclude<T, false | undefined>
    } catch (error) {
      last = error
    }
    await delay(10)
  }
  throw new Error(`waited ${ms} ms in vain until ${what}`, { cause: last })
}
