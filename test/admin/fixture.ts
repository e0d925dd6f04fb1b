import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Admin, type AdminOptions, createAdmin } from '../../src/admin/admin.ts'
import { type Compiled, Compiler, type CompileOptions, type Good } from '../../src/compile.ts'
import type { AdminSource, Look } from '../../src/admin/source.ts'
import { EventLog } from '../../src/reload/events.ts'
import { systemClock } from '../../src/xds/clock.ts'
import type { XdsObserver, XdsEvent } from '../../src/xds/events.ts'
import type { ProxyStatus } from '../../src/xds/status.ts'

/** A look at a file that is compiled for Envoy. */
type TestLook = Look & { readonly compiled: Compiled }

/** A source of the admin API without servers: the files are compiled, the proxies are made up. */
export interface TestSource extends AdminSource, AsyncDisposable {
  readonly good: Good | undefined
  readonly last: TestLook
  readonly dir: string
  proxies: readonly ProxyStatus[]
  /** Writes the root file and looks at it. */
  write(text: string): Promise<TestLook>
  emit(event: XdsEvent): void
}

export async function testSource(text: string, options: CompileOptions = {}): Promise<TestSource> {
  const dir = await mkdtemp(join(tmpdir(), 'sluice-admin-'))
  const config = join(dir, 'gateway.yaml')
  const compiler = new Compiler(config, { env: {}, ...options })
  const observers = new Set<XdsObserver>()
  const log = new EventLog({ ...systemClock, now: () => Date.now() })
  const seen: { good?: Good; last?: TestLook } = {}
  const source: TestSource = {
    dir,
    proxies: [],
    target: 'envoy',
    fleet: {
      proxies: () => source.proxies,
      refused: [],
      publishes: 1,
      onEvent(observer) {
        observers.add(observer)
        return () => observers.delete(observer)
      },
    },
    get good() {
      return seen.good
    },
    get last() {
      if (!seen.last) throw new Error('nothing was written yet')
      return seen.last
    },
    get state() {
      return this.last.compiled.good ? 'serving' : 'last-good'
    },
    events: log.events,
    onEvent: (listener) => log.listen(listener),
    async write(next) {
      await writeFile(config, next)
      const compiled = await compiler.compile()
      const { diagnostics } = compiled
      seen.last = { at: Date.now(), compiled, held: undefined, diagnostics }
      if (compiled.good) seen.good = compiled.good
      log.emit({ kind: 'compiled', reason: 'test', ms: 7, files: 1, warnings: 0 })
      if (!compiled.good) log.emit({ kind: 'rejected', diagnostics })
      return seen.last
    },
    emit: (event) => observers.forEach((observer) => observer(event)),
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }),
  }
  await source.write(text)
  return source
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
