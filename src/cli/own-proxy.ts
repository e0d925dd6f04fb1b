import type { EngineState } from '../admin/source.ts'
import type { ControlPlane } from './control-plane.ts'
import type { Io } from './io.ts'
import type { LiveOptions } from './live-options.ts'
import type { Log } from './log.ts'

export interface RunOptions extends LiveOptions {
  readonly drain: number
  readonly concurrency?: number
}

/** What a `run` of either engine starts with. */
export interface RunCx {
  readonly io: Io
  readonly file: string
  /** Directory of the proxy alone, checked. */
  readonly runDir: string
  readonly options: RunOptions
  readonly log: Log
}

/** The proxy of a `run`. */
export interface OwnProxy {
  readonly pid: number | undefined
  /** Resolves when it has its first configuration; rejects when it is stopped before that. */
  ready(): Promise<void>
  /** Whether it has it now. */
  isReady(): Promise<boolean>
  engine(): EngineState
  stop(): Promise<void>
}

/** One engine of `run`: its control plane, which is there, and its proxy, which is started next. */
export interface RunEngine {
  readonly plane: ControlPlane
  /** Where other proxies connect. */
  readonly others: readonly string[]
  readonly start: () => Promise<OwnProxy>
}

/** The supervisor says who speaks: `envoy | …`, `nginx | …` or `sluice | …`. */
export function relay(log: Log, line: string): void {
  const [, engine, words = ''] = /^(envoy|nginx) \| (.*)$/s.exec(line) ?? []
  if (engine === 'envoy' || engine === 'nginx') log.proxy(engine, words)
  else log.say('info', line.replace(/^sluice \| /, ''))
}

/** `pid 12, 1 restart`. */
export function stateOf(pid: number | undefined, ...facts: readonly string[]): EngineState {
  return pid === undefined ? { state: 'restarting', detail: facts.join(', ') } : { state: 'running', detail: [`pid ${pid}`, ...facts].join(', ') }
}

export function count(number: number, word: string): string {
  return `${number} ${number === 1 ? word : `${word}s`}`
}
