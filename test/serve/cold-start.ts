import { expect } from 'vitest'
import { startEcho } from '../support/echo.ts'
import { send } from '../support/http.ts'
import { startRig } from './rig.ts'

/** Starts a proxy with many services, and asks for the last route the moment it says that it is ready. */
export async function coldStart(services: number): Promise<void> {
  const backend = await startEcho()
  const names = Array.from({ length: services }, (_, i) => `n${i}`)
  await using rig = await startRig(
    (port) =>
      `version: 1\nlisteners: {public: {port: ${port}}}\nservices:\n${names
        .map((name) => `  ${name}: {endpoints: ["127.0.0.1:${backend.port}"]}\n`)
        .join('')}routes:\n${names.map((name) => `  ${name}: {match: {path: /${name}}, to: ${name}}\n`).join('')}`,
  )
  const statuses = new Map<number, number>()
  for (const name of names.slice(-100).reverse()) {
    const { status } = await send(rig.port, `/${name}`)
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
  }
  expect([...statuses]).toEqual([[200, 100]])
  await backend.close()
}
