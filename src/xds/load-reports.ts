import type { ConnectRouter } from '@connectrpc/connect'
import { LoadReportingService } from '#gen/envoy/service/load_stats/v3/lrs_pb.js'
import type { LoadStatsRequest, LoadStatsResponse } from '#gen/envoy/service/load_stats/v3/lrs_pb.js'

/**
 * Holds the load report streams that every proxy opens, without asking for a report: a proxy sends none until it is told which clusters count.
 * A refused stream would be tried again every 5 s, with a warning each time. Ends with `closing`.
 * https://www.envoyproxy.io/docs/envoy/latest/api-v3/service/load_stats/v3/lrs.proto
 */
export function loadReports(router: ConnectRouter, closing: AbortSignal): void {
  router.service(LoadReportingService, { streamLoadStats: (requests) => hold(requests, closing) })
}

async function* hold(requests: AsyncIterable<LoadStatsRequest>, closing: AbortSignal): AsyncGenerator<LoadStatsResponse> {
  const input = requests[Symbol.asyncIterator]()
  const closed = new Promise<'closed'>((resolve) => {
    closing.addEventListener('abort', () => resolve('closed'), { once: true })
  })
  for (;;) {
    // A broken connection ends the stream as a finished one does; the proxy opens another.
    const next = await Promise.race([closed, input.next().catch(() => 'closed' as const)])
    if (closing.aborted || next === 'closed' || next.done) return
    yield* []
  }
}
