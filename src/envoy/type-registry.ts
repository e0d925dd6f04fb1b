import { createRegistry, type DescFile, type DescMessage, type Registry } from '@bufbuild/protobuf'
import { file_envoy_config_bootstrap_v3_bootstrap } from '#gen/envoy/config/bootstrap/v3/bootstrap_pb.js'
import { file_envoy_config_rbac_v3_rbac } from '#gen/envoy/config/rbac/v3/rbac_pb.js'
import { file_envoy_extensions_access_loggers_file_v3_file } from '#gen/envoy/extensions/access_loggers/file/v3/file_pb.js'
import { file_envoy_extensions_access_loggers_stream_v3_stream } from '#gen/envoy/extensions/access_loggers/stream/v3/stream_pb.js'
import { file_envoy_extensions_clusters_dns_v3_dns_cluster } from '#gen/envoy/extensions/clusters/dns/v3/dns_cluster_pb.js'
import { file_envoy_extensions_common_matching_v3_extension_matcher } from '#gen/envoy/extensions/common/matching/v3/extension_matcher_pb.js'
import { file_envoy_extensions_common_ratelimit_v3_ratelimit } from '#gen/envoy/extensions/common/ratelimit/v3/ratelimit_pb.js'
import { file_envoy_extensions_compression_brotli_compressor_v3_brotli } from '#gen/envoy/extensions/compression/brotli/compressor/v3/brotli_pb.js'
import { file_envoy_extensions_compression_gzip_compressor_v3_gzip } from '#gen/envoy/extensions/compression/gzip/compressor/v3/gzip_pb.js'
import { file_envoy_extensions_filters_common_fault_v3_fault } from '#gen/envoy/extensions/filters/common/fault/v3/fault_pb.js'
import { file_envoy_extensions_filters_http_api_key_auth_v3_api_key_auth } from '#gen/envoy/extensions/filters/http/api_key_auth/v3/api_key_auth_pb.js'
import { file_envoy_extensions_filters_http_body_size_limit_v3_body_size_limit } from '#gen/envoy/extensions/filters/http/body_size_limit/v3/body_size_limit_pb.js'
import { file_envoy_extensions_filters_http_buffer_v3_buffer } from '#gen/envoy/extensions/filters/http/buffer/v3/buffer_pb.js'
import { file_envoy_extensions_filters_http_compressor_v3_compressor } from '#gen/envoy/extensions/filters/http/compressor/v3/compressor_pb.js'
import { file_envoy_extensions_filters_http_cors_v3_cors } from '#gen/envoy/extensions/filters/http/cors/v3/cors_pb.js'
import { file_envoy_extensions_filters_http_custom_response_v3_custom_response } from '#gen/envoy/extensions/filters/http/custom_response/v3/custom_response_pb.js'
import { file_envoy_extensions_filters_http_ext_proc_v3_ext_proc } from '#gen/envoy/extensions/filters/http/ext_proc/v3/ext_proc_pb.js'
import { file_envoy_extensions_filters_http_ext_proc_v3_processing_mode } from '#gen/envoy/extensions/filters/http/ext_proc/v3/processing_mode_pb.js'
import { file_envoy_extensions_filters_http_fault_v3_fault } from '#gen/envoy/extensions/filters/http/fault/v3/fault_pb.js'
import { file_envoy_extensions_filters_http_filter_chain_v3_filter_chain } from '#gen/envoy/extensions/filters/http/filter_chain/v3/filter_chain_pb.js'
import { file_envoy_extensions_filters_http_grpc_json_transcoder_v3_transcoder } from '#gen/envoy/extensions/filters/http/grpc_json_transcoder/v3/transcoder_pb.js'
import { file_envoy_extensions_filters_http_grpc_web_v3_grpc_web } from '#gen/envoy/extensions/filters/http/grpc_web/v3/grpc_web_pb.js'
import { file_envoy_extensions_filters_http_header_to_metadata_v3_header_to_metadata } from '#gen/envoy/extensions/filters/http/header_to_metadata/v3/header_to_metadata_pb.js'
import { file_envoy_extensions_filters_http_jwt_authn_v3_config } from '#gen/envoy/extensions/filters/http/jwt_authn/v3/config_pb.js'
import { file_envoy_extensions_filters_http_local_ratelimit_v3_local_rate_limit } from '#gen/envoy/extensions/filters/http/local_ratelimit/v3/local_rate_limit_pb.js'
import { file_envoy_extensions_filters_http_lua_v3_lua } from '#gen/envoy/extensions/filters/http/lua/v3/lua_pb.js'
import { file_envoy_extensions_filters_http_ratelimit_v3_rate_limit } from '#gen/envoy/extensions/filters/http/ratelimit/v3/rate_limit_pb.js'
import { file_envoy_extensions_filters_http_rbac_v3_rbac } from '#gen/envoy/extensions/filters/http/rbac/v3/rbac_pb.js'
import { file_envoy_extensions_filters_http_router_v3_router } from '#gen/envoy/extensions/filters/http/router/v3/router_pb.js'
import { file_envoy_extensions_filters_http_stateful_session_v3_stateful_session } from '#gen/envoy/extensions/filters/http/stateful_session/v3/stateful_session_pb.js'
import { file_envoy_extensions_filters_listener_proxy_protocol_v3_proxy_protocol } from '#gen/envoy/extensions/filters/listener/proxy_protocol/v3/proxy_protocol_pb.js'
import { file_envoy_extensions_filters_listener_tls_inspector_v3_tls_inspector } from '#gen/envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector_pb.js'
import { file_envoy_extensions_filters_network_http_connection_manager_v3_http_connection_manager } from '#gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js'
import { file_envoy_extensions_http_early_header_mutation_header_mutation_v3_header_mutation } from '#gen/envoy/extensions/http/early_header_mutation/header_mutation/v3/header_mutation_pb.js'
import { file_envoy_extensions_http_stateful_session_cookie_v3_cookie } from '#gen/envoy/extensions/http/stateful_session/cookie/v3/cookie_pb.js'
import { file_envoy_extensions_load_balancing_policies_common_v3_common } from '#gen/envoy/extensions/load_balancing_policies/common/v3/common_pb.js'
import { file_envoy_extensions_load_balancing_policies_least_request_v3_least_request } from '#gen/envoy/extensions/load_balancing_policies/least_request/v3/least_request_pb.js'
import { file_envoy_extensions_load_balancing_policies_maglev_v3_maglev } from '#gen/envoy/extensions/load_balancing_policies/maglev/v3/maglev_pb.js'
import { file_envoy_extensions_load_balancing_policies_random_v3_random } from '#gen/envoy/extensions/load_balancing_policies/random/v3/random_pb.js'
import { file_envoy_extensions_load_balancing_policies_ring_hash_v3_ring_hash } from '#gen/envoy/extensions/load_balancing_policies/ring_hash/v3/ring_hash_pb.js'
import { file_envoy_extensions_load_balancing_policies_round_robin_v3_round_robin } from '#gen/envoy/extensions/load_balancing_policies/round_robin/v3/round_robin_pb.js'
import { file_envoy_extensions_load_balancing_policies_subset_v3_subset } from '#gen/envoy/extensions/load_balancing_policies/subset/v3/subset_pb.js'
import { file_envoy_extensions_path_match_uri_template_v3_uri_template_match } from '#gen/envoy/extensions/path/match/uri_template/v3/uri_template_match_pb.js'
import { file_envoy_extensions_path_rewrite_uri_template_v3_uri_template_rewrite } from '#gen/envoy/extensions/path/rewrite/uri_template/v3/uri_template_rewrite_pb.js'
import { file_envoy_extensions_resource_monitors_downstream_connections_v3_downstream_connections } from '#gen/envoy/extensions/resource_monitors/downstream_connections/v3/downstream_connections_pb.js'
import { file_envoy_extensions_resource_monitors_fixed_heap_v3_fixed_heap } from '#gen/envoy/extensions/resource_monitors/fixed_heap/v3/fixed_heap_pb.js'
import { file_envoy_extensions_retry_host_previous_hosts_v3_previous_hosts } from '#gen/envoy/extensions/retry/host/previous_hosts/v3/previous_hosts_pb.js'
import { file_envoy_extensions_transport_sockets_tls_v3_common } from '#gen/envoy/extensions/transport_sockets/tls/v3/common_pb.js'
import { file_envoy_extensions_transport_sockets_tls_v3_secret } from '#gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js'
import { file_envoy_extensions_transport_sockets_tls_v3_tls } from '#gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.js'
import { file_envoy_extensions_upstreams_http_v3_http_protocol_options } from '#gen/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.js'
import { file_envoy_service_runtime_v3_rtds } from '#gen/envoy/service/runtime/v3/rtds_pb.js'
import { file_envoy_type_matcher_v3_http_inputs } from '#gen/envoy/type/matcher/v3/http_inputs_pb.js'
import { file_xds_type_matcher_v3_matcher } from '#gen/xds/type/matcher/v3/matcher_pb.js'

/** Every file whose messages may stand inside an Any that sluice emits; what they import comes along. */
const roots: readonly DescFile[] = [
  file_envoy_config_bootstrap_v3_bootstrap,
  file_envoy_config_rbac_v3_rbac,
  file_envoy_extensions_access_loggers_file_v3_file,
  file_envoy_extensions_access_loggers_stream_v3_stream,
  file_envoy_extensions_clusters_dns_v3_dns_cluster,
  file_envoy_extensions_common_matching_v3_extension_matcher,
  file_envoy_extensions_common_ratelimit_v3_ratelimit,
  file_envoy_extensions_compression_brotli_compressor_v3_brotli,
  file_envoy_extensions_compression_gzip_compressor_v3_gzip,
  file_envoy_extensions_filters_common_fault_v3_fault,
  file_envoy_extensions_filters_http_api_key_auth_v3_api_key_auth,
  file_envoy_extensions_filters_http_body_size_limit_v3_body_size_limit,
  file_envoy_extensions_filters_http_buffer_v3_buffer,
  file_envoy_extensions_filters_http_compressor_v3_compressor,
  file_envoy_extensions_filters_http_cors_v3_cors,
  file_envoy_extensions_filters_http_custom_response_v3_custom_response,
  file_envoy_extensions_filters_http_ext_proc_v3_ext_proc,
  file_envoy_extensions_filters_http_ext_proc_v3_processing_mode,
  file_envoy_extensions_filters_http_fault_v3_fault,
  file_envoy_extensions_filters_http_filter_chain_v3_filter_chain,
  file_envoy_extensions_filters_http_grpc_json_transcoder_v3_transcoder,
  file_envoy_extensions_filters_http_grpc_web_v3_grpc_web,
  file_envoy_extensions_filters_http_header_to_metadata_v3_header_to_metadata,
  file_envoy_extensions_filters_http_jwt_authn_v3_config,
  file_envoy_extensions_filters_http_local_ratelimit_v3_local_rate_limit,
  file_envoy_extensions_filters_http_lua_v3_lua,
  file_envoy_extensions_filters_http_ratelimit_v3_rate_limit,
  file_envoy_extensions_filters_http_rbac_v3_rbac,
  file_envoy_extensions_filters_http_router_v3_router,
  file_envoy_extensions_filters_http_stateful_session_v3_stateful_session,
  file_envoy_extensions_filters_listener_proxy_protocol_v3_proxy_protocol,
  file_envoy_extensions_filters_listener_tls_inspector_v3_tls_inspector,
  file_envoy_extensions_filters_network_http_connection_manager_v3_http_connection_manager,
  file_envoy_extensions_http_early_header_mutation_header_mutation_v3_header_mutation,
  file_envoy_extensions_http_stateful_session_cookie_v3_cookie,
  file_envoy_extensions_load_balancing_policies_common_v3_common,
  file_envoy_extensions_load_balancing_policies_least_request_v3_least_request,
  file_envoy_extensions_load_balancing_policies_maglev_v3_maglev,
  file_envoy_extensions_load_balancing_policies_random_v3_random,
  file_envoy_extensions_load_balancing_policies_ring_hash_v3_ring_hash,
  file_envoy_extensions_load_balancing_policies_round_robin_v3_round_robin,
  file_envoy_extensions_load_balancing_policies_subset_v3_subset,
  file_envoy_extensions_path_match_uri_template_v3_uri_template_match,
  file_envoy_extensions_path_rewrite_uri_template_v3_uri_template_rewrite,
  file_envoy_extensions_resource_monitors_downstream_connections_v3_downstream_connections,
  file_envoy_extensions_resource_monitors_fixed_heap_v3_fixed_heap,
  file_envoy_extensions_retry_host_previous_hosts_v3_previous_hosts,
  file_envoy_extensions_transport_sockets_tls_v3_common,
  file_envoy_extensions_transport_sockets_tls_v3_secret,
  file_envoy_extensions_transport_sockets_tls_v3_tls,
  file_envoy_extensions_upstreams_http_v3_http_protocol_options,
  file_envoy_service_runtime_v3_rtds,
  file_envoy_type_matcher_v3_http_inputs,
  file_xds_type_matcher_v3_matcher,
]

let registry: Registry | undefined

/**
 * The types that can be packed into an Any, with all that they use: needed to print messages as JSON. It takes a tenth of a second to put together, and most
 * runs print nothing.
 */
export function typeRegistry(): Registry {
  return (registry ??= createRegistry(...closure(roots)))
}

/** Nearly all that sluice packs. */
const packed: ReadonlyMap<string, DescMessage> = new Map(roots.flatMap(({ messages }) => messages.map((message) => [message.typeName, message])))

/** The message type behind a type URL; undefined for one that sluice never emits. */
export function typeOf(url: string): DescMessage | undefined {
  const name = url.slice(url.lastIndexOf('/') + 1)
  return packed.get(name) ?? typeRegistry().getMessage(name)
}

function closure(from: readonly DescFile[]): DescFile[] {
  const seen = new Set<DescFile>()
  const visit = (file: DescFile): void => {
    if (seen.has(file)) return
    seen.add(file)
    file.dependencies.forEach(visit)
  }
  from.forEach(visit)
  return [...seen]
}
