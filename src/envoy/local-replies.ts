import { create, type MessageInitShape } from '@bufbuild/protobuf'
import type { JsonObject } from '@bufbuild/protobuf'
import { type AccessLogFilterSchema, ComparisonFilter_Op, type MetadataFilterSchema } from '#gen/envoy/config/accesslog/v3/accesslog_pb.js'
import { HeaderValueOption_HeaderAppendAction, type MetadataSchema } from '#gen/envoy/config/core/v3/base_pb.js'
import type { SubstitutionFormatStringSchema } from '#gen/envoy/config/core/v3/substitution_format_string_pb.js'
import { type Config_Rule, Config_RuleSchema } from '#gen/envoy/extensions/filters/http/header_to_metadata/v3/header_to_metadata_pb.js'
import type {
  LocalReplyConfigSchema,
  ResponseMapperSchema,
} from '#gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js'
import type { ErrorFormat } from '../model/gateway.ts'
import { overloaded429, type Reply, replies } from '../model/reply-table.ts'

type Filter = MessageInitShape<typeof AccessLogFilterSchema>
type Format = MessageInitShape<typeof SubstitutionFormatStringSchema>
type Mapper = MessageInitShape<typeof ResponseMapperSchema>

const metadataNamespace = 'sluice'
const rawKey = 'raw'
const overflowKey = 'overflow'
const requestId = '%REQ(X-REQUEST-ID)%'

/** Seconds that a service wants an overloaded caller to wait, as it stands in the metadata of its cluster; nothing is added where it does not. */
const retryAfter = {
  header: { key: 'retry-after', value: `%METADATA(CLUSTER:${metadataNamespace}:retry_after)%` },
  appendAction: HeaderValueOption_HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD,
}

/**
 * Shapes of the replies that the proxy makes itself. Upstream answers are never touched.
 * The proxy's own texts (they name sockets, requirements, TLS errors) stay out of bodies: `detail` is a fixed sentence.
 */
export function localReplies(format: ErrorFormat): MessageInitShape<typeof LocalReplyConfigSchema> {
  const rows = replies.map((reply): Mapper => ({
    filter: filterOf(reply),
    bodyFormatOverride: bodyOf(format, reply),
    ...(reply.flags?.includes('UO') ? { headersToAdd: [retryAfter] } : {}),
  }))
  return { mappers: [rawAsIs, ...grpcRows(), overflowAs429(format), ...rows] }
}

/** The metadata of a cluster whose overflow replies tell when to come back. */
export function retryAfterMetadata(seconds: number): MessageInitShape<typeof MetadataSchema> {
  return { filterMetadata: { [metadataNamespace]: { retry_after: String(seconds) } } }
}

/** Rule for the `header-to-metadata` slot of a route that answers overload with 429. */
export function overflow429Rule(): Config_Rule {
  return create(Config_RuleSchema, { header: ':method', onHeaderPresent: { metadataNamespace, key: overflowKey, value: '429' } })
}

const overflow429: readonly Filter[] = [
  { filterSpecifier: { case: 'responseFlagFilter', value: { flags: [...(overloaded429.flags ?? [])] } } },
  { filterSpecifier: { case: 'metadataFilter', value: metadataIs(overflowKey, '429') } },
]

function overflowAs429(format: ErrorFormat): Mapper {
  const { status } = overloaded429
  return {
    filter: { filterSpecifier: { case: 'andFilter', value: { filters: [...overflow429] } } },
    ...(status === 'other' ? {} : { statusCode: status }),
    bodyFormatOverride: bodyOf(format, overloaded429),
    headersToAdd: [retryAfter],
  }
}

/**
 * Rule for the `header-to-metadata` slot of a route whose own body must stay as written (`respond`, a fallback).
 * Without it the body of a direct response with status 400 or above would be replaced too.
 */
export function rawReplyRule(): Config_Rule {
  return create(Config_RuleSchema, { header: ':method', onHeaderPresent: { metadataNamespace, key: rawKey, value: '1' } })
}

/**
 * gRPC callers get no body: Envoy puts the text into the header grpc-message. Its own texts name sockets and reasons of resets, so the title stands there.
 * One row for each status, since the title is that of the status.
 */
function grpcRows(): Mapper[] {
  const titles = new Map(replies.map(({ status, title }) => [status, title]))
  return [grpcRow(overflow429, overloaded429.title), ...[...titles].map(([status, title]) => grpcRow([filterOf({ status })], title))]
}

function grpcRow(filters: readonly Filter[], title: string): Mapper {
  return {
    filter: { filterSpecifier: { case: 'andFilter', value: { filters: [fromGrpc, ...filters] } } },
    bodyFormatOverride: { format: { case: 'textFormatSource', value: { specifier: { case: 'inlineString', value: title } } } },
  }
}

const rawAsIs: Mapper = { filter: { filterSpecifier: { case: 'metadataFilter', value: metadataIs(rawKey, '1') } } }

const fromGrpc: Filter = {
  filterSpecifier: {
    case: 'headerFilter',
    value: {
      header: {
        name: 'content-type',
        headerMatchSpecifier: { case: 'stringMatch', value: { matchPattern: { case: 'prefix', value: 'application/grpc' } } },
      },
    },
  },
}

/** `matchIfKeyNotFound` is true by default, which would let the filter fit every reply. */
function metadataIs(key: string, value: string): MessageInitShape<typeof MetadataFilterSchema> {
  return {
    matcher: {
      filter: metadataNamespace,
      path: [{ segment: { case: 'key', value: key } }],
      value: { matchPattern: { case: 'stringMatch', value: { matchPattern: { case: 'exact', value } } } },
    },
    matchIfKeyNotFound: false,
  }
}

function filterOf(reply: Pick<Reply, 'status' | 'flags'>): Filter {
  const status = statusFilter(
    reply.status === 'other' ? ComparisonFilter_Op.GE : ComparisonFilter_Op.EQ,
    reply.status === 'other' ? 400 : reply.status,
  )
  if (!reply.flags) return status
  const flags: Filter = { filterSpecifier: { case: 'responseFlagFilter', value: { flags: [...reply.flags] } } }
  return { filterSpecifier: { case: 'andFilter', value: { filters: [status, flags] } } }
}

function statusFilter(op: ComparisonFilter_Op, status: number): Filter {
  return {
    filterSpecifier: { case: 'statusCodeFilter', value: { comparison: { op, value: { defaultValue: status, runtimeKey: 'sluice.unused' } } } },
  }
}

function bodyOf(format: ErrorFormat, reply: Reply): Format {
  switch (format) {
    case 'json':
      return { contentType: 'application/json', format: { case: 'jsonFormat', value: jsonApi(reply) } }
    case 'problem-json':
      return { contentType: 'application/problem+json', format: { case: 'jsonFormat', value: problem(reply) } }
    case 'text':
      return {
        contentType: 'text/plain; charset=utf-8',
        format: { case: 'textFormatSource', value: { specifier: { case: 'inlineString', value: `${reply.title}: ${reply.detail}\n` } } },
      }
  }
}

function jsonApi(reply: Reply): JsonObject {
  const status = reply.status === 'other' ? {} : { status: String(reply.status) }
  return {
    errors: [{ ...status, code: reply.code.toUpperCase().replaceAll('-', '_'), title: reply.title, detail: reply.detail, meta: { requestId } }],
  }
}

/** https://www.rfc-editor.org/rfc/rfc9457 */
function problem(reply: Reply): JsonObject {
  return { type: `urn:sluice:problem:${reply.code}`, title: reply.title, status: '%RESPONSE_CODE%', detail: reply.detail, requestId }
}
