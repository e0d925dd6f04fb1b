import { create, type MessageInitShape } from '@bufbuild/protobuf'
import type { JsonObject } from '@bufbuild/protobuf'
import { type AccessLogFilterSchema, ComparisonFilter_Op } from '#gen/envoy/config/accesslog/v3/accesslog_pb.js'
import type { SubstitutionFormatStringSchema } from '#gen/envoy/config/core/v3/substitution_format_string_pb.js'
import { type Config_Rule, Config_RuleSchema } from '#gen/envoy/extensions/filters/http/header_to_metadata/v3/header_to_metadata_pb.js'
import type {
  LocalReplyConfigSchema,
  ResponseMapperSchema,
} from '#gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js'
import type { ErrorFormat } from '../model/gateway.ts'
import { type Reply, replies } from '../model/reply-table.ts'

type Filter = MessageInitShape<typeof AccessLogFilterSchema>
type Format = MessageInitShape<typeof SubstitutionFormatStringSchema>
type Mapper = MessageInitShape<typeof ResponseMapperSchema>

const metadataNamespace = 'sluice'
const rawKey = 'raw'
const requestId = '%REQ(X-REQUEST-ID)%'

/**
 * Shapes of the replies that the proxy makes itself. Upstream answers are never touched.
 * The proxy's own texts (they name sockets, requirements, TLS errors) stay out of bodies: `detail` is a fixed sentence.
 */
export function localReplies(format: ErrorFormat): MessageInitShape<typeof LocalReplyConfigSchema> {
  return { mappers: [grpcAsIs, rawAsIs, ...replies.map((reply): Mapper => ({ filter: filterOf(reply), bodyFormatOverride: bodyOf(format, reply) }))] }
}

/**
 * Rule for the `header-to-metadata` slot of a route whose own body must stay as written (`respond`, a fallback).
 * Without it the body of a direct response with status 400 or above would be replaced too.
 */
export function rawReplyRule(): Config_Rule {
  return create(Config_RuleSchema, { header: ':method', onHeaderPresent: { metadataNamespace, key: rawKey, value: '1' } })
}

/** gRPC clients read the text from the grpc-message header, which a body format would replace. */
const grpcAsIs: Mapper = {
  filter: {
    filterSpecifier: {
      case: 'headerFilter',
      value: {
        header: {
          name: 'content-type',
          headerMatchSpecifier: { case: 'stringMatch', value: { matchPattern: { case: 'prefix', value: 'application/grpc' } } },
        },
      },
    },
  },
}

/** `matchIfKeyNotFound` is true by default, which would exempt every reply. */
const rawAsIs: Mapper = {
  filter: {
    filterSpecifier: {
      case: 'metadataFilter',
      value: {
        matcher: {
          filter: metadataNamespace,
          path: [{ segment: { case: 'key', value: rawKey } }],
          value: { matchPattern: { case: 'stringMatch', value: { matchPattern: { case: 'exact', value: '1' } } } },
        },
        matchIfKeyNotFound: false,
      },
    },
  },
}

function filterOf(reply: Reply): Filter {
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
