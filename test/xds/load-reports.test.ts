import { createClient } from '@connectrpc/connect'
import { createGrpcTransport } from '@connectrpc/connect-node'
import { expect, it } from 'vitest'
import { LoadReportingService } from '#gen/envoy/service/load_stats/v3/lrs_pb.js'
import { createXds } from '../../src/xds/xds.ts'

it('holds a load report stream open without asking for reports, and ends it when the server closes', async () => {
  const xds = createXds()
  const { port } = await xds.listen({ host: '127.0.0.1', port: 0 })
  const client = createClient(LoadReportingService, createGrpcTransport({ baseUrl: `http://127.0.0.1:${port}` }))
  const { promise: over, resolve: end } = Promise.withResolvers<void>()
  let answers = 0
  let ended = false
  const stream = (async () => {
    const silent = (async function* () {
      yield { clusterStats: [] }
      await over
    })()
    for await (const answer of client.streamLoadStats(silent)) answers += answer.clusters.length + 1
    ended = true
  })()
  await new Promise((resolve) => setTimeout(resolve, 150))
  expect({ answers, ended }).toEqual({ answers: 0, ended: false })
  await xds.close()
  await stream
  end()
  expect({ answers, ended }).toEqual({ answers: 0, ended: true })
})
