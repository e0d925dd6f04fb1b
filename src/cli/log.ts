import { pino } from 'pino'
import { printable } from '../diagnostics/printable.ts'
import type { Target } from '../target.ts'
import type { Io } from './io.ts'

type Level = 'debug' | 'info' | 'warn' | 'error'

/** The one stream of a serving process, with times in UTC. Text is made safe to print; fields appear only in JSON. */
export interface Log {
  say(level: Level, message: string, fields?: Readonly<Record<string, unknown>>): void
  /** A line that a proxy wrote, as it is; in JSON, a line that is an object itself (an access log) is the field `access`. */
  proxy(engine: Target, line: string): void
  /** Text for people that spans lines, such as findings; JSON has the fields of the line before instead. */
  block(text: string): void
}

export interface LogOptions {
  readonly logFormat: 'text' | 'json'
  readonly quiet?: boolean
  readonly verbose?: boolean
}

export function createLog(io: Io, { logFormat, quiet, verbose }: LogOptions): Log {
  const least = quiet ? 'warn' : verbose ? 'debug' : 'info'
  if (logFormat === 'json') return jsonLog(io, least)
  const rank: readonly Level[] = ['debug', 'info', 'warn', 'error']
  const words: Readonly<Record<Level, string>> = { debug: '', info: '', warn: 'warning: ', error: 'error: ' }
  return {
    say(level, message) {
      if (rank.indexOf(level) < rank.indexOf(least)) return
      io.stderr.write(`sluice | ${new Date().toISOString()} ${words[level]}${printable(message)}\n`)
    },
    proxy: (engine, line) => void io.stderr.write(`${engine.padEnd(6)} | ${printable(line)}\n`),
    block: (text) => void io.stderr.write(text),
  }
}

function jsonLog(io: Io, level: Level): Log {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label: string) => ({ level: label }) } }
  const logger = pino(options, { write: (line) => void io.stderr.write(line) })
  return {
    say: (at, message, fields = {}) => logger[at]({ source: 'sluice', ...fields }, message),
    proxy(source, line) {
      const access = objectIn(line)
      if (access) logger.info({ source, access })
      else logger.info({ source }, line)
    },
    block: () => undefined,
  }
}

function objectIn(line: string): object | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    return JSON.parse(line) as object
  } catch {
    return undefined // a line of words that begins with a brace
  }
}
