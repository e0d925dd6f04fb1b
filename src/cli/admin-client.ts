import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { AdminServer } from './admin-options.ts'
import { exit, Stop } from './exit.ts'

/** How long the server may take to answer, in milliseconds. */
const patience = 10_000

/** Asks the admin API of a running server for the attributes of one document. Every failure ends the verb with 69 and a sentence. */
export async function askAdmin(server: AdminServer, path: string): Promise<unknown> {
  const { address } = server
  const { status, body } = await get(server, path).catch((error: unknown) => {
    const reason = error instanceof Error ? ('code' in error ? String(error.code) : error.message) : String(error)
    if (/CERT|SELF_SIGNED|ISSUER/.test(reason)) {
      throw new Stop(exit.unavailable, `the certificate of ${address} is not trusted (${reason}); --ca names its authority`)
    }
    throw new Stop(
      exit.unavailable,
      `no server answers on ${address} (${reason}); is \`sluice run\` or \`sluice serve\` running? --admin names another address`,
    )
  })
  const document = parsed(body)
  if (status === 200 && isMap(document) && isMap(document['data'])) return document['data']['attributes']
  const problem = isMap(document) && Array.isArray(document['errors']) ? (document['errors'] as unknown[])[0] : undefined
  const detail = isMap(problem) && typeof problem['detail'] === 'string' ? problem['detail'] : 'it does not look like the admin API of sluice'
  throw new Stop(exit.unavailable, `${address}${path} answers with status ${status}: ${detail}`)
}

function get({ address, tls }: AdminServer, page: string): Promise<{ status: number; body: string }> {
  const url = address.includes('://') ? new URL(page, address) : undefined
  const path = address.replace(/^unix:/, '')
  const isSocket = !url && (path !== address || path.includes('/'))
  const target = url ?? (isSocket ? new URL(page, 'http://localhost') : new URL(page, `http://${address}`))
  const send = target.protocol === 'https:' ? httpsRequest : httpRequest
  const options = { timeout: patience, agent: false as const, headers: { accept: 'application/json' }, ...tls, ...(isSocket && { socketPath: path }) }
  return new Promise((resolve, reject) => {
    const request = send(target, options, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }))
    })
    request.on('timeout', () => request.destroy(new Error(`no answer within ${patience} ms`)))
    request.on('error', reject)
    request.end()
  })
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined // whoever answers is not the admin API; the caller says so
  }
}

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
