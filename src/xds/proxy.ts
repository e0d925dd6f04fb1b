import type { Node } from '#gen/envoy/config/core/v3/base_pb.js'
import type { Proxy } from './events.ts'

/** Oldest Envoy that understands everything that is sent. */
const oldestEnvoy = { major: 1, minor: 40 } as const

/** What a node says about itself, cut to a length that fits into a log line. */
export function proxyOf(node: Node | undefined, address: string): Proxy {
  return {
    id: short(node?.id ?? '') || address,
    cluster: short(node?.cluster ?? ''),
    agent: short(node?.userAgentName ?? ''),
    version: short(versionOf(node)),
    address,
  }
}

/** Why a proxy is too old to be served; undefined when it is not, or does not say that it is an Envoy. */
export function outdated({ id, agent, version }: Proxy): string | undefined {
  if (agent !== 'envoy') return undefined
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(version) ?? []
  if (major === undefined || minor === undefined) return undefined
  const old = Number(major) < oldestEnvoy.major || (Number(major) === oldestEnvoy.major && Number(minor) < oldestEnvoy.minor)
  return old ? `proxy ${JSON.stringify(id)} is Envoy ${version}; at least ${oldestEnvoy.major}.${oldestEnvoy.minor} is needed` : undefined
}

function versionOf(node: Node | undefined): string {
  const given = node?.userAgentVersionType
  if (given?.case === 'userAgentVersion') return given.value
  const version = given?.case === 'userAgentBuildVersion' ? given.value.version : undefined
  return version ? `${version.majorNumber}.${version.minorNumber}.${version.patch}` : ''
}

const short = (text: string): string => text.slice(0, 256)
