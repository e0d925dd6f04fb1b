import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Admin, type AdminOptions, createAdmin } from '../../src/admin/admin.ts'
import { Compiler, type CompileOptions, type Good } from '../../src/compile.ts'
import type { AdminSource, Look } from '../../src/admin/source.ts'
import type { XdsObserver, XdsEvent } from '../../src/xds/events.ts'
import type { XdsStatus } from '../../src/xds/status.ts'

/** A source of the admin API without servers: the files are compiled, the proxies are made up. */
export interface TestSource extends AdminSource, AsyncDisposable {
  readonly dir: string
  status: XdsStatus
  /** Writes the root file and looks at it. */
  write(text: string): Promise<Look>
  emit(event: XdsEvent): void
}

export async function testSource(text: string, options: CompileOptions = {}): Promise<TestSource> {
  const dir = await mkdtemp(join(tmpdir(), 'sluice-admin-'))
  const config = join(dir, 'gateway.yaml')
  const compiler = new Compiler(config, { env: {}, ...options })
  const observers = new Set<XdsObserver>()
  const looks = new Set<(look: Look) => void>()
  let good: Good | undefined
  let last: Look
  const source: Omit<TestSource, 'last' | 'good'> = {
    dir,
    status: { publish: 1, proxies: [], refused: [] },
    xds: {
      status: () => source.status,
      onEvent(observer) {
        observers.add(observer)
        return () => observers.delete(observer)
      },
    },
    onOutcome(observer) {
      looks.add(observer)
      return () => looks.delete(observer)
    },
    async write(next) {
      await writeFile(config, next)
      last = { at: Date.now(), compiled: await compiler.compile(), ms: 7 }
      good = last.compiled.good ?? good
      for (const observer of looks) observer(last)
      return last
    },
    emit: (event) => observers.forEach((observer) => observer(event)),
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }),
  }
  const complete = Object.defineProperties(source, { last: { get: () => last }, good: { get: () => good } }) as TestSource
  await complete.write(text)
  return complete
}

export async function testAdmin(text: string, options: AdminOptions = {}): Promise<{ admin: Admin; source: TestSource } & AsyncDisposable> {
  const source = await testSource(text)
  const admin = await createAdmin(source, options)
  return {
    admin,
    source,
    async [Symbol.asyncDispose]() {
      await admin.close()
      await source[Symbol.asyncDispose]()
    },
  }
}

export const shop = `version: 1
name: shop
listeners:
  public: {port: 8080}
services:
  orders:
    endpoints: [127.0.0.1:9001]
  billing:
    endpoints: [127.0.0.1:9002]
routes:
  orders:
    match: {path: /orders/*}
    to: orders
  billing:
    hosts: [billing.example.com]
    match: {path: /billing/*}
    to: billing
`
