import type { LowerCx, NodeDraft } from '../../feature.ts'
import { parsePercent } from '../../lib/parse-percent.ts'
import { readDuration } from '../../model/read-duration.ts'
import type { Written } from './config.ts'

/** Times in milliseconds, jitter in percent. */
export interface HealthCheck {
  readonly question: Question
  readonly interval: number
  readonly timeout: number
  readonly unhealthyAfter: number
  readonly healthyAfter: number
  readonly unhealthyInterval: number
  readonly idleInterval: number
  readonly jitter: number
}

/** What an endpoint is asked. */
export type Question =
  | {
      readonly type: 'http'
      readonly method: 'GET' | 'HEAD' | 'OPTIONS'
      readonly path: string
      readonly host: string
      readonly expect: readonly number[]
      readonly body?: string
      /** Names in lower case. */
      readonly headers: Readonly<Record<string, string>>
    }
  | { readonly type: 'tcp'; readonly send?: string; readonly receive?: string }
  | { readonly type: 'grpc'; readonly service: string; readonly authority: string }

/** Headers that belong to how the question is sent. */
const reserved = ['host', 'connection', 'content-length', 'transfer-encoding', 'te', 'upgrade']

/** Keys of each form; a stronger layer that chooses one drops the others. */
export const forms = [['path', 'host', 'expect'], ['http'], ['tcp'], ['grpc']] as const

export function lower(value: unknown, node: NodeDraft, cx: LowerCx): HealthCheck {
  const written = value as Written
  const time = (key: 'interval' | 'timeout' | 'unhealthyInterval' | 'idleInterval', missing: string): number =>
    readDuration(written[key] ?? missing, ['healthCheck', key], cx)
  const interval = time('interval', '5s')
  const check: HealthCheck = {
    question: question(written, node.name, cx),
    interval,
    timeout: time('timeout', '1s'),
    unhealthyAfter: written.unhealthyAfter ?? 3,
    healthyAfter: written.healthyAfter ?? 2,
    unhealthyInterval: written.unhealthyInterval === undefined ? interval : time('unhealthyInterval', '5s'),
    idleInterval: written.idleInterval === undefined ? interval : time('idleInterval', '5s'),
    jitter: Math.round(parsePercent(written.jitter ?? '') ?? 0),
  }
  if (check.timeout > check.interval) {
    cx.report({
      code: 'health-check/timeout-over-interval',
      severity: 'warning',
      message: `a check may take ${written.timeout ?? '1s'}, longer than the interval of ${written.interval ?? '5s'}`,
      path: ['healthCheck', 'timeout'],
      help: 'a sick endpoint is then noticed later than the interval promises',
    })
  }
  return check
}

export function written({ question, interval, unhealthyInterval, idleInterval, ...rest }: HealthCheck): unknown {
  return {
    ...writtenQuestion(question),
    interval,
    ...rest,
    ...(unhealthyInterval === interval ? {} : { unhealthyInterval }),
    ...(idleInterval === interval ? {} : { idleInterval }),
  }
}

function writtenQuestion(question: Question): object {
  const { type, ...rest } = question
  if (type !== 'http') return { [type]: rest }
  const { method, headers, body, ...short } = question
  return method === 'GET' && body === undefined && Object.keys(headers).length === 0 ? { ...short, type: undefined } : { http: rest }
}

function question(written: Written, name: string, cx: LowerCx): Question {
  const used = forms.filter((form) => form.some((key) => written[key] !== undefined))
  const [, second] = used
  if (second) {
    const key = second.find((one) => written[one] !== undefined) ?? second[0]
    cx.report({
      code: 'health-check/two-questions',
      message: 'a service is asked in one way: `path` and its neighbours, or one of `http`, `tcp`, `grpc`',
      path: ['healthCheck', key],
      side: 'key',
    })
  }
  if (written.tcp) return { type: 'tcp', ...written.tcp }
  if (written.grpc) return { type: 'grpc', service: written.grpc.service ?? '', authority: name }
  const http = written.http ?? written
  const { method = 'GET', body, headers = {} } = written.http ?? {}
  if (method === 'HEAD' && body !== undefined) {
    cx.report({
      code: 'health-check/no-body',
      message: 'the answer to HEAD has no body to look into',
      path: ['healthCheck', 'http', 'body'],
      help: 'use GET',
    })
  }
  for (const name of Object.keys(headers)) {
    if (!reserved.includes(name.toLowerCase())) continue
    const path = ['healthCheck', 'http', 'headers', name]
    cx.report({
      code: 'health-check/reserved-header',
      message: `the check itself says what stands in ${name}`,
      path,
      side: 'key',
      help: 'leave it out; for Host there is `host`',
    })
  }
  return {
    type: 'http',
    method,
    path: http.path ?? '/health',
    host: http.host ?? name,
    expect: [...(http.expect ?? [200])].sort((a, b) => a - b),
    ...(body === undefined ? {} : { body }),
    headers: Object.fromEntries(Object.entries(headers).map(([key, header]) => [key.toLowerCase(), header])),
  }
}
